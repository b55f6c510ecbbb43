/// The byte layout of a gateway table, format 1. Every number of the format lives in this file and in the
/// `…Records.swift` beside it; docs/table-format.md describes it for readers of other languages.
///
/// All integers are little-endian. The file is a header, a directory with one entry per section, then the sections in
/// the order of `TableSection`, each aligned to eight bytes with zeros. Records are arrays of fixed-size structs and
/// refer to each other by index; text lives in one pool.
@usableFromInline
package enum TableLayout {
    /// `APIB` as a little-endian integer.
    package static let magic: UInt32 = 0x4249_5041
    /// A gateway reads exactly this version; anything else is built again from the spec.
    package static let formatVersion: UInt32 = 1
    package static let headerByteCount = 64
    package static let directoryEntryByteCount = 24
    package static let alignment = 8
    /// Tables beyond this are refused before anything in them is read.
    package static let fileByteCountMax = 1 << 30

    /// Header: magic, format version.
    package static let magicOffset = 0
    package static let formatVersionOffset = 4
    /// Header: byte count of the whole file, 64 bits.
    package static let fileByteCountOffset = 8
    package static let sectionCountOffset = 16
    /// Header: CRC-32 of header and directory, computed with this field zero.
    package static let headerChecksumOffset = 20
    /// Header: eight bytes that are zero in format 1.
    package static let reservedOffset = 24
    /// Header: SHA-256 of everything behind the header.
    package static let digestOffset = 32
    package static let digestByteCount = 32

    /// Directory entry: kind, 16 bits.
    package static let entryKindOffset = 0
    /// Directory entry: bytes of one record, 16 bits; 1 for text and blobs.
    package static let entryRecordByteCountOffset = 2
    /// Directory entry: CRC-32 of the section with its padding.
    package static let entryChecksumOffset = 4
    package static let entryFileOffsetOffset = 8
    /// Directory entry: records in the section.
    package static let entryRecordCountOffset = 12
    /// Directory entry: eight bytes that are zero in format 1.
    package static let entryReservedOffset = 16

    /// No index.
    @inlinable package static var none: UInt32 { .max }
    /// No instant: later than every clock.
    @inlinable package static var never: Int64 { .max }
    /// Before every clock.
    @inlinable package static var always: Int64 { .min }

    /// A path pattern has at most so many segments: what fits into a rank.
    package static let patternSegmentCountMax = 27
    /// Captures of a route, its tail included.
    package static let captureCountMax = 16
    /// Upstreams of a canary.
    package static let branchCountMax = 6
    /// Edits of one body.
    package static let bodyOperationCountMax = 32
    /// Names on the way to a member of a body.
    package static let bodyPathCountMax = 8
    /// Of a request's body, where it must be there whole.
    package static let heldBodyByteCountMax: UInt32 = 65_536
    /// Tree nodes that one lookup may visit at worst.
    @inlinable package static var lookupVisitCountMax: UInt32 { 4096 }
    /// Taken slots of literal children in a row; a search passes no more. The emitter spreads wider until it holds.
    package static let literalRunCountMax = 1024
    /// States of an automaton.
    package static let automatonStateCountMax = 1024
    package static let groupCountMax = 4096
    /// Fields of the access log: bits that `accessLogFields` may have.
    package static let accessLogFieldCount: UInt32 = 18
    /// Ways to sign tokens, of which the first ones are symmetric.
    package static let tokenAlgorithmCount = 13
    package static let symmetricAlgorithmCount: UInt32 = 3
    /// Worker threads of a node.
    package static let workerCountMax: UInt32 = 1024
}

/// The sections of a table, in file order.
package enum TableSection: Int, CaseIterable, Sendable {
    case gateway
    case text
    case listeners
    case trustedBlocks
    case methods
    case hosts
    case treeNodes
    case nodeExtras
    case literalSlots
    case constrainedEdges
    case prefixEdges
    case wholePathEdges
    case automata
    case automatonBytes
    case mounts
    case routes
    case routeTexts
    case conditionSets
    case conditions
    case apis
    case versions
    case brownouts
    case programs
    case code
    case upstreams
    case targets
    case groups
    case consumers
    case credentials
    case rateLimits
    case rateSets
    case rates
    case rateTiers
    case headerEdits
    case headerFields
    case templates
    case templateParts
    case responses
    case nodes
    case certificates
    case listenerTLS
    case upstreamTLS
    case addressSets
    case addressRanges
    case crossOrigins
    case origins
    case revocations
    case tokenPolicies
    case tokenKeys
    case keySources
    case claimRequirements
    case claimHeaders
    case tokenTexts
    case healthChecks
    case statusRanges
    case hashSlots
    case authorizers
    case fieldNames
    case introspections
    case concurrencyLimits
    case faults
    case canaries
    case canarySteps
    case signaturePolicies
    case queryEdits
    case queryParameters
    case canaryPieces
    case bodyEdits
    case bodyOperations
    case groupLists
    case redis

    /// Bytes of one record.
    package var recordByteCount: Int {
        switch self {
        case .gateway: MemoryLayout<GatewayRecord>.stride
        case .text, .automatonBytes: 1
        case .literalSlots, .code, .groupLists: 4
        case .listeners: MemoryLayout<ListenerRecord>.stride
        case .trustedBlocks: MemoryLayout<AddressBlockRecord>.stride
        case .methods, .groups, .origins, .tokenTexts, .fieldNames: MemoryLayout<TextReference>.stride
        case .hosts: MemoryLayout<HostRecord>.stride
        case .treeNodes: MemoryLayout<TreeNodeRecord>.stride
        case .nodeExtras: MemoryLayout<NodeExtraRecord>.stride
        case .constrainedEdges: MemoryLayout<ConstrainedEdgeRecord>.stride
        case .prefixEdges: MemoryLayout<PrefixEdgeRecord>.stride
        case .wholePathEdges: MemoryLayout<WholePathEdgeRecord>.stride
        case .automata: MemoryLayout<AutomatonRecord>.stride
        case .mounts: MemoryLayout<MountRecord>.stride
        case .routes: MemoryLayout<RouteRecord>.stride
        case .routeTexts: MemoryLayout<RouteTextRecord>.stride
        case .conditionSets, .rateSets, .templates, .addressSets: MemoryLayout<RangeRecord>.stride
        case .conditions: MemoryLayout<ConditionRecord>.stride
        case .apis: MemoryLayout<APIRecord>.stride
        case .versions: MemoryLayout<VersionRecord>.stride
        case .brownouts: MemoryLayout<BrownoutRecord>.stride
        case .programs: MemoryLayout<ProgramRecord>.stride
        case .upstreams: MemoryLayout<UpstreamRecord>.stride
        case .targets: MemoryLayout<TargetRecord>.stride
        case .consumers: MemoryLayout<ConsumerRecord>.stride
        case .credentials: MemoryLayout<CredentialRecord>.stride
        case .rateLimits: MemoryLayout<RateLimitRecord>.stride
        case .rates: MemoryLayout<RateRecord>.stride
        case .rateTiers: MemoryLayout<RateTierRecord>.stride
        case .headerEdits: MemoryLayout<EditsRecord>.stride
        case .headerFields: MemoryLayout<HeaderFieldRecord>.stride
        case .templateParts: MemoryLayout<TemplatePartRecord>.stride
        case .responses: MemoryLayout<ResponseRecord>.stride
        case .nodes: MemoryLayout<NodeRecord>.stride
        case .certificates: MemoryLayout<CertificateRecord>.stride
        case .listenerTLS: MemoryLayout<ListenerTLSRecord>.stride
        case .upstreamTLS: MemoryLayout<UpstreamTLSRecord>.stride
        case .addressRanges: MemoryLayout<AddressRangeRecord>.stride
        case .crossOrigins: MemoryLayout<CrossOriginRecord>.stride
        case .revocations: MemoryLayout<RevocationRecord>.stride
        case .tokenPolicies: MemoryLayout<TokenPolicyRecord>.stride
        case .tokenKeys: MemoryLayout<TokenKeyRecord>.stride
        case .keySources: MemoryLayout<KeySourceRecord>.stride
        case .claimRequirements: MemoryLayout<ClaimRequirementRecord>.stride
        case .claimHeaders: MemoryLayout<ClaimHeaderRecord>.stride
        case .healthChecks: MemoryLayout<HealthRecord>.stride
        case .statusRanges: MemoryLayout<StatusRangeRecord>.stride
        case .hashSlots: 2
        case .authorizers: MemoryLayout<AuthorizerRecord>.stride
        case .concurrencyLimits: MemoryLayout<ConcurrencyLimitRecord>.stride
        case .faults: MemoryLayout<FaultRecord>.stride
        case .canaries: MemoryLayout<CanaryRecord>.stride
        case .canarySteps: MemoryLayout<CanaryStepRecord>.stride
        case .canaryPieces: MemoryLayout<CanaryPieceRecord>.stride
        case .bodyEdits: MemoryLayout<BodyEditsRecord>.stride
        case .bodyOperations: MemoryLayout<BodyOperationRecord>.stride
        case .introspections: MemoryLayout<IntrospectionRecord>.stride
        case .signaturePolicies: MemoryLayout<SignaturePolicyRecord>.stride
        case .queryEdits: MemoryLayout<EditsRecord>.stride
        case .queryParameters: MemoryLayout<QueryParameterRecord>.stride
        case .redis: MemoryLayout<RedisRecord>.stride
        }
    }
}
