internal import GatewayTable

/// A `Date` line with its line end (RFC 9110 section 6.6.1), rendered once a second.
struct DateLine {
    private static let nameCount = 6
    private static let byteCount = nameCount + CalendarTime.imfFixdateByteCount + 2
    private let line: Block
    private var second: Int64 = .min

    init() {
        // Lives as long as its worker.
        unsafe line = Block(base: .allocate(capacity: DateLine.byteCount))
        var writer = ByteWriter(line, capacity: DateLine.byteCount)
        writer.append("Date: ")
    }

    /// The line for a second since 1970.
    mutating func line(at second: Int64) -> Bytes {
        if second != self.second {
            self.second = second
            // The line has room for the name, the date and the line end.
            let place = unsafe UnsafeMutableBufferPointer(
                start: line.base + DateLine.nameCount,
                count: CalendarTime.imfFixdateByteCount
            )
            unsafe CalendarTime(second).writeIMFFixdate(into: place)
            var writer = ByteWriter(
                line,
                count: DateLine.nameCount + CalendarTime.imfFixdateByteCount,
                capacity: DateLine.byteCount
            )
            writer.append("\r\n")
        }
        return line.bytes(0, DateLine.byteCount)
    }
}
