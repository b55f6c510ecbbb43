/// Methods as bits: eight that every table knows, then those that a table lists.
package enum MethodTable {
    /// Bit 0 onwards.
    package static let known: [StaticString] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]
    package static let get: UInt32 = 1 << 0
    package static let head: UInt32 = 1 << 1
    /// A route with this bit takes every method.
    package static let anyBit: UInt32 = 1 << 31
    /// A method that no route lists.
    package static let unlisted: UInt32 = 1 << 30
    /// Methods that a table may list besides the known ones.
    package static let listedCountMax = 22
}
