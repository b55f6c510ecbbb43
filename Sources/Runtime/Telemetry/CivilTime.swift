/// A moment in UTC by calendar and clock (proleptic Gregorian), computed with integers alone.
package struct CivilTime: Equatable, Sendable {
    package var year: Int64
    /// 1 to 12.
    package var month: Int64
    /// 1 to 31.
    package var day: Int64
    package var hour: Int64
    package var minute: Int64
    package var second: Int64

    /// - Parameter epochSeconds: since 1970-01-01T00:00:00Z.
    package init(epochSeconds: Int64) {
        let secondOfDay = ((epochSeconds % 86_400) + 86_400) % 86_400
        let days = (epochSeconds - secondOfDay) / 86_400
        // Years begin in March here, so that a leap day is the last of its year; an era has 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = secondOfDay / 3_600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    package var epochSeconds: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Reads RFC 3339: `2027-01-01`, which is its first second, `2027-01-01T12:00:00Z`, `…T12:00:00.5+02:00`. A
    /// fraction is dropped.
    ///
    /// - Returns: seconds since 1970, or `nil` if the text is no instant.
    package static func parse(_ text: String) -> Int64? {
        var rest = Substring(text).utf8
        func take(_ digitCount: Int) -> Int64? {
            let digits = rest.prefix(digitCount)
            guard digits.count == digitCount, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(digitCount)
            return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func skip(_ allowed: String) -> Bool {
            guard let first = rest.first, allowed.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        var time = CivilTime(epochSeconds: 0)
        guard let year = take(4), skip("-"), let month = take(2), skip("-"), let day = take(2) else { return nil }
        (time.year, time.month, time.day) = (year, month, day)
        // A day that the month does not have comes back as another one.
        guard (1...12).contains(month), CivilTime(epochSeconds: time.epochSeconds) == time else { return nil }
        if rest.isEmpty { return time.epochSeconds }
        guard skip("Tt "), let hour = take(2), skip(":"), let minute = take(2), skip(":"), let second = take(2),
            hour < 24, minute < 60, second < 60
        else { return nil }
        (time.hour, time.minute, time.second) = (hour, minute, second)
        if skip(".") {
            guard take(1) != nil else { return nil }
            while take(1) != nil {}
        }
        if skip("Zz") { return rest.isEmpty ? time.epochSeconds : nil }
        let isEast = rest.first == UInt8(ascii: "+")
        guard skip("+-"), let hours = take(2), skip(":"), let minutes = take(2), hours < 24, minutes < 60, rest.isEmpty
        else { return nil }
        return time.epochSeconds - (isEast ? 1 : -1) * (hours * 3_600 + minutes * 60)
    }

    /// `2027-01-01T12:00:00Z`.
    package var text: String {
        func digits(_ value: Int64, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
            + "T\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2))Z"
    }
}
