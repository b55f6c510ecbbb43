internal import GatewayIR

/// Instants and spans of time as a spec writes them, for messages and helps.
enum InstantText {
    static let secondsPerDay: Int64 = 86_400
    /// 9999-12-31T23:59:59Z: the last second that four digits of a year can say.
    static let lastInstant: Instant = 253_402_300_799

    /// `2026-06-01` at midnight, `2026-12-31T23:59:59Z` otherwise.
    static func text(_ instant: Instant) -> String {
        let days = floorDivision(instant, secondsPerDay)
        let date = dateText(days: days)
        let second = instant - days * secondsPerDay
        guard second != 0 else { return date }
        return date + "T" + [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
            + "Z"
    }

    /// The first midnight at or after an instant: a date that people would write.
    static func dayAtOrAfter(_ instant: Instant) -> Instant {
        -floorDivision(-instant, secondsPerDay) * secondsPerDay
    }

    /// The last midnight at or before an instant.
    static func dayAtOrBefore(_ instant: Instant) -> Instant {
        floorDivision(instant, secondsPerDay) * secondsPerDay
    }

    /// The largest two units that matter: `180d`, `1h 30m`, `45s`.
    static func span(_ seconds: Int64) -> String {
        let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
        var rest = seconds
        var parts: [String] = []
        for unit in units where parts.count < 2 {
            let count = rest / unit.seconds
            rest -= count * unit.seconds
            if count > 0 { parts.append("\(count)\(unit.name)") }
        }
        return parts.isEmpty ? "0s" : parts.joined(separator: " ")
    }

    /// Days since 1970-01-01 as a date of the proleptic Gregorian calendar, counted from 1 March so that the leap day
    /// is the last of a year (Hinnant, "chrono-compatible low-level date algorithms").
    private static func dateText(days: Int64) -> String {
        let shifted = days + 719_468
        let era = floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return [padded(year, 4), padded(month, 2), padded(day, 2)].joined(separator: "-")
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivision(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}
