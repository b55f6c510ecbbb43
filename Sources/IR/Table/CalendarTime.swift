/// An instant as a date and a time in UTC, by integer arithmetic on the proleptic Gregorian calendar.
///
/// Days are counted from a year that begins in March, so that the leap day comes last and months follow from one linear
/// formula (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). POSIX time has no leap seconds.
package struct CalendarTime: Equatable, Sendable {
    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: what four digits of a year can say.
    package static let instantMin: Int64 = -62_167_219_200
    package static let instantMax: Int64 = 253_402_300_799
    /// Bytes of an IMF-fixdate (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static let imfFixdateByteCount = 29
    /// Bytes of an instant as RFC 3339 writes it: `1994-11-06T08:49:37Z`.
    package static let rfc3339ByteCount = 20

    /// 0 to 9999.
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    /// 0 is Sunday.
    package var weekday: Int

    /// - Parameter instant: seconds since 1970-01-01T00:00:00Z; clamped to the years 0 to 9999.
    package init(_ instant: Int64) {
        let instant = Int(min(max(instant, CalendarTime.instantMin), CalendarTime.instantMax))
        let days = CalendarTime.floored(instant, by: 86_400)
        let seconds = instant - days * 86_400
        hour = seconds / 3600
        minute = seconds / 60 % 60
        second = seconds % 60
        weekday = (days + 4 + 7_000_000) % 7
        // Eras of 400 years, from 0000-03-01.
        let shifted = days + 719_468
        let era = CalendarTime.floored(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Reads an instant of RFC 3339 (`2027-01-01T00:00:00Z`, with an offset or a fraction, which is cut), or a bare
    /// date, which is its first second.
    ///
    /// - Returns: seconds since 1970, or `nil` if the text is neither. A leap second counts as the second behind it.
    package static func instant(rfc3339 text: some Collection<UInt8>) -> Int64? {
        var reader = DigitReader(bytes: Array(text))
        guard let year = reader.number(digitCount: 4), reader.skip("-"), let month = reader.number(digitCount: 2),
            reader.skip("-"), let day = reader.number(digitCount: 2), (1...12).contains(month),
            (1...daysIn(month: month, ofYear: year)).contains(day)
        else { return nil }
        let midnight = 86_400 * daysBefore(year: year, month: month, day: day)
        if reader.isAtEnd { return Int64(midnight) }
        guard reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(digitCount: 2), reader.skip(":"), let minute = reader.number(digitCount: 2),
            reader.skip(":"), let second = reader.number(digitCount: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        if reader.skip(".") {
            guard reader.skipDigits() else { return nil }
        }
        guard let offset = reader.zoneOffset(), reader.isAtEnd else { return nil }
        return Int64(midnight + 3600 * hour + 60 * minute + second - offset)
    }

    /// Days from 1970-01-01 to a date.
    static func daysBefore(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floored(shiftedYear, by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func daysIn(month: Int, ofYear year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floored(_ value: Int, by divisor: Int) -> Int {
        (value >= 0 ? value : value - divisor + 1) / divisor
    }
}

extension CalendarTime {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`: the only form in which HTTP sends dates (RFC 9110 section 5.6.7).
    package var imfFixdate: String {
        unsafe text(CalendarTime.imfFixdateByteCount, write: { unsafe writeIMFFixdate(into: $0) })
    }

    /// `1994-11-06T08:49:37Z`.
    package var rfc3339: String { unsafe text(CalendarTime.rfc3339ByteCount, write: { unsafe writeRFC3339(into: $0) }) }

    /// Writes an IMF-fixdate without allocating.
    ///
    /// - Parameter buffer: `imfFixdateByteCount` bytes.
    package func writeIMFFixdate(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count == CalendarTime.imfFixdateByteCount, "an IMF-fixdate has 29 bytes")
        unsafe put("Sun, Mon, Tue, Wed, Thu, Fri, Sat, ", from: 5 * weekday, count: 5, at: 0, in: buffer)
        unsafe put(day, digitCount: 2, at: 5, in: buffer)
        unsafe put(
            " Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ",
            from: 4 * (month - 1),
            count: 5,
            at: 7,
            in: buffer
        )
        unsafe put(year, digitCount: 4, at: 12, in: buffer)
        unsafe put("   :  :   GMT", from: 0, count: 13, at: 16, in: buffer)
        unsafe put(hour, digitCount: 2, at: 17, in: buffer)
        unsafe put(minute, digitCount: 2, at: 20, in: buffer)
        unsafe put(second, digitCount: 2, at: 23, in: buffer)
    }

    /// Writes an instant of RFC 3339 without allocating.
    ///
    /// - Parameter buffer: `rfc3339ByteCount` bytes.
    package func writeRFC3339(into buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count == CalendarTime.rfc3339ByteCount, "an RFC 3339 instant has 20 bytes")
        unsafe put("    -  -  T  :  :  Z", from: 0, count: 20, at: 0, in: buffer)
        unsafe put(year, digitCount: 4, at: 0, in: buffer)
        unsafe put(month, digitCount: 2, at: 5, in: buffer)
        unsafe put(day, digitCount: 2, at: 8, in: buffer)
        unsafe put(hour, digitCount: 2, at: 11, in: buffer)
        unsafe put(minute, digitCount: 2, at: 14, in: buffer)
        unsafe put(second, digitCount: 2, at: 17, in: buffer)
    }

    private func text(_ count: Int, write: (UnsafeMutableBufferPointer<UInt8>) -> Void) -> String {
        unsafe String(unsafeUninitializedCapacity: count) { buffer in
            // The buffer has room for `count` bytes, and all of them are written.
            unsafe write(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            return count
        }
    }

    /// - Precondition: the places lie within text and buffer.
    private func put(
        _ text: StaticString,
        from start: Int,
        count: Int,
        at offset: Int,
        in buffer: UnsafeMutableBufferPointer<UInt8>
    ) {
        precondition(start >= 0 && start + count <= text.utf8CodeUnitCount)
        for index in 0..<count { unsafe buffer[offset + index] = text.utf8Start[start + index] }
    }

    /// - Precondition: the places lie within the buffer, and the number is not negative.
    private func put(_ number: Int, digitCount: Int, at offset: Int, in buffer: UnsafeMutableBufferPointer<UInt8>) {
        var rest = number
        for index in stride(from: digitCount - 1, through: 0, by: -1) {
            unsafe buffer[offset + index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}

/// Reads numbers of a fixed length from ASCII.
private struct DigitReader {
    let bytes: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func number(digitCount: Int) -> Int? {
        guard index + digitCount <= bytes.count else { return nil }
        var number = 0
        for byte in bytes[index..<index + digitCount] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = 10 * number + Int(byte - UInt8(ascii: "0"))
        }
        index += digitCount
        return number
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, UInt32(bytes[index]) == character.value else { return false }
        index += 1
        return true
    }

    /// At least one.
    mutating func skipDigits() -> Bool {
        let start = index
        while number(digitCount: 1) != nil {}
        return index > start
    }

    /// `Z`, `+02:00`: seconds east of Greenwich.
    mutating func zoneOffset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = number(digitCount: 2), skip(":"), let minutes = number(digitCount: 2),
            hours < 24, minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (3600 * hours + 60 * minutes)
    }
}
