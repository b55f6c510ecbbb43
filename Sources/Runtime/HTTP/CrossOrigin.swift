internal import GatewayTable

/// The CORS protocol of the Fetch standard, so far as it is about one request and a policy.
enum CrossOrigin {
    /// The method that a preflight asks for: `OPTIONS` with `Origin` and `Access-Control-Request-Method` (Fetch,
    /// section 3.2.2); `nil` for every other request.
    static func preflightMethod(_ method: Bytes, _ fields: FieldsView) -> Bytes? {
        guard method.count == 7, method.equals(Bytes("OPTIONS")), fields.firstIndex(ofName: Bytes("origin")) != nil,
            let asked = fields.firstIndex(ofName: Bytes("access-control-request-method"))
        else { return nil }
        let name = fields.value(asked)
        return !name.isEmpty && name.count <= Limits.methodBytesMax && name.endOfToken(from: 0) == name.count
            ? name : nil
    }

    /// Whether pages of an origin may read what a policy covers.
    static func admits(_ origin: Bytes, _ policy: CrossOriginRecord, _ view: TableView) -> Bool {
        guard policy.origins.count > 0 else { return true }
        for index in policy.origins.first..<policy.origins.first + policy.origins.count
        where matches(origin, Bytes(view.bytes(view.origins[index]))) {
            return true
        }
        return false
    }

    /// - Parameter pattern: an origin, of whose host the first labels may be `*`.
    private static func matches(_ origin: Bytes, _ pattern: Bytes) -> Bool {
        guard let star = pattern.firstIndex(of: 0x2A) else { return origin.equals(pattern) }
        let suffix = pattern.from(star + 1)
        guard origin.count > pattern.count - 1, origin.hasPrefix(pattern[0..<star]), origin.hasSuffix(suffix) else {
            return false
        }
        // The labels that the star stands for: no port, no user, no path.
        for index in star..<origin.count - suffix.count {
            let byte = origin[index]
            guard ASCII.isDigit(byte) || byte &- 0x61 < 26 || byte == 0x2D || byte == 0x2E || byte == 0x5F else {
                return false
            }
        }
        return true
    }
}

extension TableView {
    /// Whether a route's program answers preflights.
    func answersPreflights(ofRoute route: UInt32) -> Bool {
        var counter = programs[routes[route].program].requestEntry
        // Only ever forward, to an instruction that ends the entry; what jumps skip is no preflight's business.
        while let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: code[counter])) {
            if opcode == .crossOrigin { return true }
            if opcode.isTerminal { return false }
            counter += code[counter] >> 8 & 0xFF
        }
        return false
    }
}
