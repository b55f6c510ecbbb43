import Foundation
import GatewayTable
import TestSupport
import Testing

@Suite struct CalendarTimeTests {
    @Test(arguments: SeededRandom.seeds(1))
    func datesAreThoseOfTheCalendar(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        // Foundation's calendar is Julian before 1582.
        let edges: [Int64] = [0, -1, 951_782_400, 951_868_799, 951_868_800, 4_107_542_399, CalendarTime.instantMax]
        let instants =
            edges + (0..<5000).map { _ in Int64.random(in: -12_000_000_000...253_402_300_799, using: &random) }
        for instant in instants {
            let date = Foundation.Date(timeIntervalSince1970: TimeInterval(instant))
            #expect(CalendarTime(instant).imfFixdate == formatter.string(from: date), "SEED=\(seed)")
            #expect(CalendarTime.instant(rfc3339: CalendarTime(instant).rfc3339.utf8) == instant, "SEED=\(seed)")
        }
    }

    @Test(arguments: [
        ("2027-01-01", 1_798_761_600), ("2027-01-01T00:00:00Z", 1_798_761_600),
        ("2027-01-01T02:00:00+02:00", 1_798_761_600),
        ("2026-12-31t19:30:00.25-04:30", 1_798_761_600), ("2024-02-29T00:00:00Z", 1_709_164_800),
        ("0000-01-01T00:00:00Z", CalendarTime.instantMin), ("2016-12-31T23:59:60Z", 1_483_228_800),
    ])
    func instantsAreRead(text: String, instant: Int64) {
        #expect(CalendarTime.instant(rfc3339: text.utf8) == instant)
    }

    @Test(arguments: [
        "", "2027", "2027-1-1", "2027-13-01", "2027-00-01", "2027-02-29", "2100-02-29", "2027-01-01T",
        "2027-01-01T00:00:00",
        "2027-01-01T24:00:00Z", "2027-01-01T00:60:00Z", "2027-01-01T00:00:61Z", "2027-01-01T00:00:00.Z",
        "2027-01-01T00:00:00+0200", "2027-01-01T00:00:00Zx", "2027-01-01 ", "２027-01-01", "-027-01-01",
    ])
    func otherTextsAreNot(text: String) {
        #expect(CalendarTime.instant(rfc3339: text.utf8) == nil)
    }

    @Test func instantsBeyondFourDigitsOfAYearAreClamped() {
        #expect(CalendarTime(.max).rfc3339 == "9999-12-31T23:59:59Z")
        #expect(CalendarTime(.min).rfc3339 == "0000-01-01T00:00:00Z")
    }
}
