extension CalendarTime {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, and no other form of a date in HTTP (RFC 9110 section 5.6.7), without
    /// allocating.
    ///
    /// - Returns: seconds since 1970, or `nil` if it is none.
    package static func instant(imfFixdate text: TableBytes) -> Int64? {
        guard text.count == imfFixdateByteCount, text.holds(", ", at: 3), text.holds(" ", at: 7),
            text.holds(" ", at: 11), text.holds(" ", at: 16), text.holds(":", at: 19), text.holds(":", at: 22),
            text.holds(" GMT", at: 25), let day = text.number(at: 5, digitCount: 2),
            let year = text.number(at: 12, digitCount: 4), let hour = text.number(at: 17, digitCount: 2),
            let minute = text.number(at: 20, digitCount: 2), let second = text.number(at: 23, digitCount: 2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var month = 0
        while month < 12, !text.holds("JanFebMarAprMayJunJulAugSepOctNovDec", from: 3 * month, count: 3, at: 8) {
            month += 1
        }
        guard month < 12, (1...daysIn(month: month + 1, ofYear: year)).contains(day) else { return nil }
        let midnight = Int64(86_400 * daysBefore(year: year, month: month + 1, day: day))
        let weekday = CalendarTime(midnight).weekday
        guard text.holds("SunMonTueWedThuFriSat", from: 3 * weekday, count: 3, at: 0) else { return nil }
        return midnight + Int64(3600 * hour + 60 * minute + second)
    }
}

extension TableBytes {
    /// Whether a literal, or a stretch of it, stands at a place.
    fileprivate func holds(_ literal: StaticString, from start: Int = 0, count: Int? = nil, at offset: Int) -> Bool {
        let count = count ?? literal.utf8CodeUnitCount
        precondition(start + count <= literal.utf8CodeUnitCount)
        guard offset + count <= self.count else { return false }
        // The stretch lies within the literal.
        for index in 0..<count where unsafe self[offset + index] != literal.utf8Start[start + index] { return false }
        return true
    }

    fileprivate func number(at offset: Int, digitCount: Int) -> Int? {
        var number = 0
        for index in offset..<offset + digitCount {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[index]) else { return nil }
            number = 10 * number + Int(self[index] - UInt8(ascii: "0"))
        }
        return number
    }
}
