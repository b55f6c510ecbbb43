/// What is wrong with a table. Each case says where, for the log and for `apic inspect`.
package enum TableError: Error, Equatable, Sendable {
    case tooShort(byteCount: Int)
    case tooLong(byteCount: Int)
    case notATable
    case unsupportedVersion(UInt32)
    case wrongByteCount(said: UInt64, actual: Int)
    case checksum(section: String)
    case misplacedSection(section: String)
    case wrongRecordSize(section: String)
    case outOfRange(section: String, record: Int, field: String)
    case disordered(section: String, record: Int)
    case malformed(section: String, record: Int, what: String)

    /// One line, lower-case, for people.
    package var message: String {
        switch self {
        case .tooShort(let byteCount): "the file has \(byteCount) bytes, too few for a table"
        case .tooLong(let byteCount):
            "the file has \(byteCount) bytes; a table has at most \(TableLayout.fileByteCountMax)"
        case .notATable: "the file is not a gateway table (its first bytes are not `APIB`)"
        case .unsupportedVersion(let version):
            "the table has format \(version); this build reads format \(TableLayout.formatVersion): build the bundle again"
        case .wrongByteCount(let said, let actual): "the table says it has \(said) bytes, but the file has \(actual)"
        case .checksum(let section): "the checksum of `\(section)` does not fit: the file was altered or cut"
        case .misplacedSection(let section): "section `\(section)` is not where it belongs"
        case .wrongRecordSize(let section): "the records of section `\(section)` have another size"
        case .outOfRange(let section, let record, let field):
            "record \(record) of `\(section)`: `\(field)` points outside"
        case .disordered(let section, let record): "record \(record) of `\(section)` is out of order"
        case .malformed(let section, let record, let what): "record \(record) of `\(section)`: \(what)"
        }
    }
}
