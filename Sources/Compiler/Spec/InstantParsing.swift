internal import GatewayIR

extension ScalarType where Value == Instant {
    /// RFC 3339 section 5.6; a bare date is its first second in UTC.
    static let instant = ScalarType("an instant such as `2026-12-31`") { text throws(ScalarProblem) in
        var reader = InstantReader(text)
        return try reader.read()
    }
}

/// Reads one instant from left to right.
private struct InstantReader {
    private let text: String
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        self.text = text
        rest = Array(text.utf8)[...]
    }

    mutating func read() throws(ScalarProblem) -> Instant {
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2) else {
            throw problem("an instant is written year first", "write it as `\(rearrangedDate ?? "2026-12-31")`")
        }
        guard (1970...9999).contains(year) else {
            throw problem("the year is not between 1970 and 9999", "write a year in that range")
        }
        guard (1...12).contains(month) else {
            let swapped = "`\(text.prefix(4))-\(Self.padded(day))-\(Self.padded(month))`"
            let isSwapped = (1...12).contains(day) && month <= 31
            throw problem(
                "there is no month \(month)",
                isSwapped ? "the month stands before the day: \(swapped)" : "months are 01 to 12"
            )
        }
        let lastDay = Calendar.days(inMonth: month, year: year)
        guard (1...lastDay).contains(day) else {
            throw problem(
                "that month has \(lastDay) days",
                "write a day from 01 to \(lastDay)"
            )
        }
        let midnight = Calendar.daysSince1970(year: year, month: month, day: day) * 86_400
        guard !rest.isEmpty else { return Int64(midnight) }
        guard skip("T") || skip("t") else {
            let time = text.dropFirst(11)
            let isTime = rest.first == 0x20 && time.utf8.count >= 8
            let mended =
                isTime ? "\(text.prefix(10))T\(time)\(time.utf8.count == 8 ? "Z" : "")" : "\(text.prefix(10))T23:59:59Z"
            throw problem("`T` stands between date and time", "write `\(mended.excerpt)`, or the date alone")
        }
        let time = try readTime()
        let instant = Int64(midnight + time) - Int64(try readOffset())
        guard instant >= 0 else { throw problem("it lies before 1970", "write a later one") }
        return instant
    }

    /// Seconds since midnight.
    private mutating func readTime() throws(ScalarProblem) -> Int {
        guard let hour = digits(2), skip(":"), let minute = digits(2), skip(":"), let second = digits(2) else {
            throw problem("a time has hours, minutes and seconds", "write it as in `\(text.prefix(10))T23:59:59Z`")
        }
        guard hour < 24, minute < 60 else {
            throw problem("there is no such time of day", "write a time from 00:00:00 to 23:59:59")
        }
        guard second < 60 else {
            throw problem("leap seconds cannot be named", "write a second from 00 to 59")
        }
        if skip(".") {
            let fraction = rest.prefix(while: Digits.isDigit)
            rest = rest.dropFirst(fraction.count)
            guard !fraction.isEmpty, fraction.allSatisfy({ $0 == UInt8(ascii: "0") }) else {
                throw problem("instants are whole seconds", "leave the fraction out")
            }
        }
        return hour * 3600 + minute * 60 + second
    }

    /// Seconds east of UTC.
    private mutating func readOffset() throws(ScalarProblem) -> Int {
        let missing = "add `Z` for UTC, or an offset such as `+01:00`"
        guard !rest.isEmpty else { throw problem("the time has no offset from UTC", missing) }
        if skip("Z") || skip("z") {
            guard rest.isEmpty else { throw problem("there is more behind the `Z`", "end with `Z`") }
            return 0
        }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), skip(":"), let minutes = digits(2), rest.isEmpty else {
            throw problem("the offset from UTC is not understood", missing)
        }
        guard hours < 24, minutes < 60 else {
            throw problem("there is no such offset from UTC", "write an offset up to 23:59")
        }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// `31.12.2026` and `20261231` as a date of RFC 3339.
    private var rearrangedDate: String? {
        let parts = text.split(separator: ".").map(String.init)
        if parts.count == 3, parts.allSatisfy({ $0.utf8.allSatisfy(Digits.isDigit) }), parts[2].utf8.count == 4,
            let day = Int(parts[0]), let month = Int(parts[1]), day <= 31, month <= 12
        {
            return "\(parts[2])-\(Self.padded(month))-\(Self.padded(day))"
        }
        guard text.utf8.count == 8, text.utf8.allSatisfy(Digits.isDigit) else { return nil }
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))"
    }

    private static func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }

    private mutating func digits(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(Digits.isDigit) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private func problem(_ reason: String, _ help: String) -> ScalarProblem {
        ScalarProblem(.badInstant, "`\(text.excerpt)` is no instant: \(reason)", help: help)
    }
}

/// The proleptic Gregorian calendar in whole days.
enum Calendar {
    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }

    static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01. Years begin in March, so that the leap day is the last (Hinnant, "chrono-compatible
    /// low-level date algorithms").
    static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
