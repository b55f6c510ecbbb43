internal import GatewayTable
internal import Glibc

/// Who a client is behind proxies that are believed. Each proxy adds the peer that it saw at the end of
/// `X-Forwarded-For`, or of `Forwarded` (RFC 7239) where there is none of the former; what stands before the last entry
/// that a believed proxy wrote is a client's own word.
enum ForwardedAddress {
    /// The client of a request whose peer is believed.
    ///
    /// - Parameter peer: who speaks; the answer, if nothing better is said.
    static func client(_ fields: FieldsView, peer: PeerAddress, trusted: Section<AddressBlockRecord>) -> PeerAddress {
        var kind = FieldKind.forwardedFor
        var index = lastIndex(fields, kind, before: fields.count)
        if index == nil {
            kind = .forwarded
            index = lastIndex(fields, kind, before: fields.count)
        }
        var client = peer
        while let found = index {
            var rest = fields.value(found)
            while let entry = takeLast(&rest) {
                guard let address = kind == .forwardedFor ? parse(entry) : parse(element: entry) else { return client }
                client = address
                guard address.isIn(trusted) else { return client }
            }
            index = lastIndex(fields, kind, before: found)
        }
        return client
    }

    private static func lastIndex(_ fields: FieldsView, _ kind: FieldKind, before end: Int) -> Int? {
        var index = end - 1
        while index >= 0 {
            if fields.kind(index) == kind { return index }
            index -= 1
        }
        return nil
    }

    /// Cuts the last element of a list off; quoted texts hold no address with a comma, so that none is looked for.
    private static func takeLast(_ list: inout Bytes) -> Bytes? {
        guard !list.isEmpty else { return nil }
        var start = list.count
        while start > 0, list[start - 1] != ASCII.comma { start -= 1 }
        let element = list.from(start).trimmed
        list = start == 0 ? .empty : list[0..<start - 1]
        return element
    }

    /// `for=192.0.2.60;proto=http`, `for="[2001:db8::1]:4711"`.
    private static func parse(element: Bytes) -> PeerAddress? {
        var start = 0
        while start < element.count {
            let end = element.firstIndex(of: 0x3B, from: start) ?? element.count
            let pair = element[start..<end].trimmed
            start = end + 1
            guard pair.count > 4, pair[0..<4].equalsIgnoringCase(Bytes("for=")) else { continue }
            var value = pair.from(4)
            if value.count >= 2, value[0] == ASCII.quote, value[value.count - 1] == ASCII.quote {
                value = value[1..<value.count - 1]
            }
            return parse(value)
        }
        return nil
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`; `nil` for anything else, such
    /// as `unknown`.
    static func parse(_ text: Bytes) -> PeerAddress? {
        var host = text
        if !host.isEmpty, host[0] == 0x5B {
            guard let close = host.firstIndex(of: 0x5D) else { return nil }
            host = host[1..<close]
        } else if let colon = host.firstIndex(of: ASCII.colon), host.firstIndex(of: ASCII.colon, from: colon + 1) == nil
        {
            host = host[0..<colon]
        }
        guard !host.isEmpty, host.count <= 45 else { return nil }
        let isSix = host.firstIndex(of: ASCII.colon) != nil
        var characters = InlineArray<46, CChar>(repeating: 0)
        for index in 0..<host.count { characters[index] = CChar(bitPattern: host[index]) }
        var bytes: (UInt64, UInt64) = isSix ? (0, 0) : (0, UInt64(0xFFFF_0000_0000).bigEndian)
        // inet_pton reads up to the zero that ends the text and writes 4 or 16 of the 16 bytes.
        let isParsed = unsafe withUnsafeBytes(of: &characters) { source in
            unsafe withUnsafeMutableBytes(of: &bytes) { target in
                let start = unsafe source.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
                let place = unsafe target.baseAddress.unsafelyUnwrapped + (isSix ? 0 : 12)
                return unsafe inet_pton(isSix ? AF_INET6 : AF_INET, start, place) == 1
            }
        }
        return isParsed ? PeerAddress(high: bytes.0, low: bytes.1) : nil
    }
}

extension PeerAddress {
    /// Whether one of the ranges of a set, which ascend, holds the address.
    func isIn(_ set: RangeRecord, of ranges: Section<AddressRangeRecord>) -> Bool {
        let own = (high.bigEndian, low.bigEndian)
        var low = set.first
        var end = set.first + set.count
        while low < end {
            let middle = low + (end - low) / 2
            let range = unsafe ranges.pointer(middle)
            if unsafe own < (range.pointee.firstHigh, range.pointee.firstLow) {
                end = middle
            } else if unsafe own > (range.pointee.lastHigh, range.pointee.lastLow) {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }
}

/// The pairs of a `Forwarded` field, of all its elements one after the other (RFC 7239 section 4).
struct ForwardedParts {
    private var members: FieldMembers
    private var element = Bytes.empty

    init(_ value: Bytes) { members = FieldMembers(value) }

    mutating func next() -> (name: Bytes, value: Bytes)? {
        while true {
            if element.isEmpty {
                guard let member = members.next() else { return nil }
                element = member
            }
            let end = element.firstIndex(of: 0x3B) ?? element.count
            let pair = element[0..<end]
            element = end < element.count ? element.from(end + 1) : .empty
            guard let sign = pair.firstIndex(of: 0x3D) else { continue }
            return (pair[0..<sign].trimmed, pair.from(sign + 1).trimmed)
        }
    }
}
