package import GatewayTable

/// Numbers by the index of a table's record, over memory that the generation owns.
///
/// Unsafe operations hold because indices come out of the validated table whose records were counted.
@safe
package struct RecordMap: @unchecked Sendable {
    private let base: UnsafeMutablePointer<UInt32>
    package let count: Int

    init(_ values: [UInt32]) {
        count = values.count
        unsafe base = .allocate(capacity: max(count, 1))
        unsafe base.initialize(from: values, count: count)
    }

    /// - Precondition: nobody uses the map any more.
    func deallocate() {
        unsafe base.deallocate()
    }

    /// - Precondition: `index` is that of a record of the table.
    @inline(__always)
    package subscript(index: UInt32) -> UInt32 {
        assert(Int(index) < count)
        return unsafe base[Int(index)]
    }
}

/// One loaded bundle, read-only and shared by all workers. It lives until the last request that began on it has ended.
package final class Generation: @unchecked Sendable {
    /// 1 for the bundle of the start; each reload counts on.
    package let number: UInt64
    package let table: MappedTable
    package var view: TableView { table.view }
    /// Finds credentials by the digest of a key.
    package let credentials: CredentialIndex
    /// Digests the keys that requests bring.
    package let keySalt: KeySalt
    /// Series of `WorkerMetrics` by version record. Equal names keep their series across reloads.
    package let seriesOfVersion: RecordMap
    /// Target ids of the process by target record. Equal host and port keep their id across reloads.
    package let targetOfRecord: RecordMap
    /// Certificates, keys and authorities.
    let security: Security
    /// Keys of tokens.
    let tokens: TokenPolicies
    let tokenKeys: TokenKeys

    /// Files that were read for it, beside the table.
    var files: [Security.WatchedFile] { security.files + tokenKeys.files }
    /// Things that are probably not what the operator wants.
    var warnings: [String] { security.warnings + tokenKeys.warnings }

    init(
        number: UInt64,
        table: MappedTable,
        credentials: CredentialIndex,
        keySalt: KeySalt,
        seriesOfVersion: [UInt32],
        targetOfRecord: [UInt32],
        security: Security,
        tokens: TokenPolicies,
        tokenKeys: TokenKeys
    ) {
        self.number = number
        self.table = table
        self.credentials = credentials
        self.keySalt = keySalt
        self.seriesOfVersion = RecordMap(seriesOfVersion)
        self.targetOfRecord = RecordMap(targetOfRecord)
        self.security = security
        self.tokens = tokens
        self.tokenKeys = tokenKeys
    }

    deinit {
        credentials.deallocate()
        seriesOfVersion.deallocate()
        targetOfRecord.deallocate()
    }
}
