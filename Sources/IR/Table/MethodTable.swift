/// Methods as bits: eight that every table knows, then those that a table lists.
@usableFromInline
package enum MethodTable {
    /// Bit 0 onwards.
    package static let known: [StaticString] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]
    /// How many are known: the bit of the first listed method.
    @inlinable package static var knownCount: Int { 8 }
    @inlinable package static var get: UInt32 { 1 << 0 }
    @inlinable package static var head: UInt32 { 1 << 1 }
    /// A route with this bit takes every method.
    @inlinable package static var anyBit: UInt32 { 1 << 31 }
    /// A method that no route lists.
    @inlinable package static var unlisted: UInt32 { 1 << 30 }
    /// Methods that a table may list besides the known ones.
    package static let listedCountMax = 22

    /// The bit of a known method, or 0.
    ///
    /// - Precondition: `bytes` has `count` bytes.
    @inlinable
    package static func knownBit(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
        guard count <= 7 else { return 0 }
        var word: UInt64 = 0
        for offset in 0..<count { unsafe word = word << 8 | UInt64(bytes[offset]) }
        return switch word {
        case 0x47_4554: get
        case 0x4845_4144: head
        case 0x504F_5354: 1 << 2
        case 0x50_5554: 1 << 3
        case 0x4445_4C45_5445: 1 << 4
        case 0x50_4154_4348: 1 << 5
        case 0x4F_5054_494F_4E53: 1 << 6
        case 0x51_5545_5259: 1 << 7
        default: 0
        }
    }
}

extension TableView {
    /// The name of a method, by the number of its bit; `nil` if the table has no such method.
    package func methodName(bit: Int) -> String? {
        if bit < MethodTable.knownCount { return MethodTable.known[bit].description }
        let listed = bit - MethodTable.knownCount
        return listed < methods.count ? string(methods[listed]) : nil
    }
}
