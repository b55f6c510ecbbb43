internal import CPlatform
internal import GatewayTable
internal import Glibc

/// A peer's address: 16 bytes in network order, IPv4 as `::ffff:a.b.c.d`.
struct PeerAddress {
    /// As read from memory, like `AddressBlockRecord`.
    let high: UInt64
    let low: UInt64

    init(_ peer: apic_peer) { (high, low) = (peer.high, peer.low) }

    init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// The peer of a Unix socket, which has no address: the unspecified one, that no TCP peer has.
    static var unix: PeerAddress { PeerAddress(high: 0, low: 0) }

    var isUnix: Bool { high == 0 && low == 0 }

    var isFour: Bool { high == 0 && low.bigEndian >> 32 == 0xFFFF }

    /// Whether one of the networks holds the address.
    func isIn(_ blocks: Section<AddressBlockRecord>) -> Bool {
        for index in 0..<blocks.count {
            let block = blocks[index]
            let length = min(block.prefixLength, 128)
            let ofHigh = min(length, 64)
            let ofLow = length - ofHigh
            let differsHigh = (high ^ block.network0).bigEndian & PeerAddress.mask(ofHigh)
            let differsLow = (low ^ block.network1).bigEndian & PeerAddress.mask(ofLow)
            if differsHigh | differsLow == 0 { return true }
        }
        return false
    }

    private static func mask(_ bits: UInt32) -> UInt64 { bits == 0 ? 0 : .max << UInt64(64 - bits) }

    /// Writes `192.0.2.1` or `2001:db8::1`; for a Unix socket `_unix`, an identifier as RFC 7239 section 6.3 has them.
    ///
    /// - Returns: its byte count, at most 45.
    func write(into text: inout InlineArray<46, UInt8>) -> UInt8 {
        if isUnix {
            let name = Bytes("_unix")
            for index in 0..<name.count { text[index] = name[index] }
            return UInt8(name.count)
        }
        var address = (high, low)
        let family = isFour ? AF_INET : AF_INET6
        let offset = isFour ? 12 : 0
        var characters = InlineArray<46, CChar>(repeating: 0)
        // inet_ntop reads 4 or 16 of the 16 bytes and writes at most 46 with its final zero.
        let isWritten = unsafe withUnsafeBytes(of: &address) { source in
            unsafe withUnsafeMutableBytes(of: &characters) { target in
                let start = unsafe target.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
                return unsafe inet_ntop(family, source.baseAddress.unsafelyUnwrapped + offset, start, 46) != nil
            }
        }
        guard isWritten else { return 0 }
        var count = 0
        while count < 45, characters[count] != 0 {
            text[count] = UInt8(bitPattern: characters[count])
            count += 1
        }
        return UInt8(count)
    }
}
