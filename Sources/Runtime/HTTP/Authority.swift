/// The host of a request, from `Host` or an absolute target (RFC 9112 section 3.2, RFC 3986 section 3.2.2).
enum Authority {
    /// Where the host ends within `host[:port]`; `nil` if the authority is not one, has user information, or a port
    /// that is not a number up to 65535.
    static func hostCount(of authority: Bytes) -> Int? {
        guard authority.count > 0, authority.count <= Limits.hostBytesMax else { return nil }
        var end = 0
        if authority[0] == 0x5B {
            guard let close = authority.firstIndex(of: 0x5D), close > 2 else { return nil }
            for index in 1..<close {
                let byte = authority[index]
                guard ASCII.hexValue(byte) != nil || byte == ASCII.colon || byte == ASCII.dot else { return nil }
            }
            end = close + 1
        } else {
            while end < authority.count, isNameByte(authority[end]) { end += 1 }
            guard end > 0 else { return nil }
        }
        if end == authority.count { return end }
        guard authority[end] == ASCII.colon else { return nil }
        let port = authority.from(end + 1)
        guard port.isEmpty || (port.count <= 5 && (port.decimal ?? .max) <= 65_535) else { return nil }
        return end
    }

    /// Writes the host in lower case, without port and final dot, to a block.
    ///
    /// - Returns: its byte count.
    static func writeHost(_ authority: Bytes, hostCount: Int, into output: Block) -> Int {
        for index in 0..<hostCount { output[index] = ASCII.lowercased(authority[index]) }
        return hostCount > 1 && output[hostCount - 1] == ASCII.dot ? hostCount - 1 : hostCount
    }

    /// Bytes of registered names that are in use: letters, digits, `-`, `.`, `_`, and escapes stay out.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        ASCII.isUnreserved(byte) && byte != 0x7E
    }
}
