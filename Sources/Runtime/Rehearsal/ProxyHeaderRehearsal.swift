/// What the gateway would make of the beginning of a proxy's connection, found by its own parser.
package enum ProxyHeaderRehearsal {
    /// - Parameter bytes: from the connection's first byte.
    /// - Returns: bytes of the header; 0 while it is not whole; negative if the connection would be closed.
    package static func byteCount(of bytes: [UInt8]) -> Int {
        // The parser looks at the array's bytes only, and keeps nothing of them.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            switch unsafe ProxyHeader.parse(Bytes(base, count: buffer.count)) {
            case .incomplete: return 0
            case .refused: return -1
            case .complete(let header): return header.byteCount
            }
        }
    }
}
