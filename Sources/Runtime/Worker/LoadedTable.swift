internal import CPlatform
internal import GatewayTable

/// A generation as one worker uses it: the table's views and what depends on them, in memory of the worker's own, so
/// that the request path touches no object.
struct LoadedTable {
    let generation: Generation
    let view: TableView
    let credentials: CredentialIndex
    let keySalt: KeySalt
    let keyVersions: KeyVersions
    let signatureKeys: SignatureKeyIndex
    let number: UInt64
    let seriesOfVersion: RecordMap
    let targetOfRecord: RecordMap
    let balance: BalanceStore
    /// Where this gateway is; empty if the table does not say.
    let zone: TextReference
    let bounds: RequestHeadBounds
    let server: TLSServer?
    let clients: TLSClientList
    /// Exchanges that run on it.
    var inFlightCount = 0
    var isCurrent = true

    /// - Parameter node: the name of this gateway among the table's nodes.
    init(_ generation: Generation, node: String?) {
        self.generation = generation
        view = generation.view
        credentials = generation.credentials
        keySalt = generation.keySalt
        keyVersions = generation.tokens.versions
        signatureKeys = generation.tokenKeys.signatures.index
        number = generation.number
        seriesOfVersion = generation.seriesOfVersion
        targetOfRecord = generation.targetOfRecord
        balance = BalanceStore(
            upstreamCount: generation.view.upstreams.count,
            targetCount: generation.view.targets.count
        )
        zone = LoadedTable.zone(of: node, in: generation.view)
        server = generation.security.server
        clients = generation.security.clientList
        let gateway = generation.view.gateway
        bounds = RequestHeadBounds(
            headBytesMax: min(Int(gateway.headBytesMax), Limits.headBytesMax),
            fieldCountMax: min(Int(gateway.headerCountMax), Limits.fieldCountMax)
        )
    }

    private static func zone(of node: String?, in view: TableView) -> TextReference {
        guard let node else { return TextReference() }
        for index in 0..<view.nodes.count where view.string(view.nodes[index].name) == node {
            return view.nodes[index].zone
        }
        return TextReference()
    }
}

/// Points at a `LoadedTable` without retaining anything.
///
/// Unsafe operations hold because a loaded table is destroyed only when it is not current and nothing is in flight on
/// it, and because exchanges that are not free always have one.
@safe
struct LoadedTableReference: BitwiseCopyable {
    private let base: UnsafeMutablePointer<LoadedTable>?

    private init(_ base: UnsafeMutablePointer<LoadedTable>?) { unsafe self.base = base }

    static var none: LoadedTableReference { unsafe LoadedTableReference(nil) }

    static func make(_ generation: Generation, node: String?) -> LoadedTableReference {
        let base = UnsafeMutablePointer<LoadedTable>.allocate(capacity: 1)
        unsafe base.initialize(to: LoadedTable(generation, node: node))
        return unsafe LoadedTableReference(base)
    }

    /// - Precondition: no exchange runs on it.
    func destroy() {
        guard let base = unsafe base else { return }
        unsafe base.pointee.balance.deallocate()
        unsafe base.deinitialize(count: 1)
        unsafe base.deallocate()
    }

    // Field by field: lending the whole struct would copy it, digest states and all.

    private var pointer: UnsafeMutablePointer<LoadedTable> { unsafe base.unsafelyUnwrapped }

    @inline(__always) var generation: Generation { unsafe pointer.pointee.generation }
    @inline(__always) var view: TableView { unsafe pointer.pointee.view }
    @inline(__always) var credentials: CredentialIndex { unsafe pointer.pointee.credentials }
    @inline(__always) var keyVersions: KeyVersions { unsafe pointer.pointee.keyVersions }
    @inline(__always) var signatureKeys: SignatureKeyIndex { unsafe pointer.pointee.signatureKeys }
    @inline(__always) var number: UInt64 { unsafe pointer.pointee.number }
    @inline(__always) var seriesOfVersion: RecordMap { unsafe pointer.pointee.seriesOfVersion }
    @inline(__always) var targetOfRecord: RecordMap { unsafe pointer.pointee.targetOfRecord }
    @inline(__always) var balance: BalanceStore { unsafe pointer.pointee.balance }
    var zone: TextReference { unsafe pointer.pointee.zone }
    @inline(__always) var bounds: RequestHeadBounds { unsafe pointer.pointee.bounds }
    var server: TLSServer? { unsafe pointer.pointee.server }
    var clients: TLSClientList { unsafe pointer.pointee.clients }

    @inline(__always) var inFlightCount: Int {
        get { unsafe pointer.pointee.inFlightCount }
        nonmutating set { unsafe pointer.pointee.inFlightCount = newValue }
    }

    @inline(__always) var isCurrent: Bool {
        get { unsafe pointer.pointee.isCurrent }
        nonmutating set { unsafe pointer.pointee.isCurrent = newValue }
    }

    /// Asks for what the request on a route reads next. With ten thousand routes each of these is a wait for memory;
    /// asked for together they are one.
    @inline(__always)
    func prefetch(_ program: ProgramRecord) {
        let view = unsafe pointer.pointee.view
        unsafe apic_prefetch(view.code.pointer(program.requestEntry))
        // A record of 112 bytes lies on two lines or three, of which the first two hold what every request reads.
        let version = unsafe UnsafeRawPointer(view.versions.pointer(program.version))
        unsafe apic_prefetch(version)
        unsafe apic_prefetch(version + 96)
    }

    /// The digest of a key that a request brought.
    func digest(_ key: UnsafeRawBufferPointer) -> CredentialIndex.Digest {
        unsafe pointer.pointee.keySalt.digest(key)
    }

    static func == (left: LoadedTableReference, right: LoadedTableReference) -> Bool {
        unsafe left.base == right.base
    }
}
