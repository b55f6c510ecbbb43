import Foundation
import GatewayTable
import TestSupport
import Testing

/// docs/table-format.md says what the code does: sizes, offsets and names are compared, so that neither changes alone.
@Suite struct FormatDocumentTests {
    private let lines: [String]

    init() throws {
        lines = String(decoding: try Repository.bytes(of: "docs/table-format.md"), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    @Test func everySectionHasItsNumberAndSize() {
        for section in TableSection.allCases {
            let unit = section.recordByteCount == 1 ? "byte" : "bytes"
            #expect(lines.contains("### \(section.rawValue) `\(section)`, \(section.recordByteCount) \(unit)"))
        }
        #expect(lines.count { $0.hasPrefix("### ") } == TableSection.allCases.count)
    }

    @Test(arguments: FormatDocumentTests.records.map(\.section))
    func everyFieldHasItsOffset(section: TableSection) throws {
        let record = try #require(FormatDocumentTests.records.first { $0.section == section }).record
        let heading = try #require(lines.firstIndex { $0.hasPrefix("### \(section.rawValue) ") })
        let rows = lines[(heading + 1)...].prefix { !$0.hasPrefix("#") }.filter { $0.hasPrefix("| ") }.dropFirst()
        let fields = rows.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(fields.map { $0[2] } == Mirror(reflecting: record).children.map { "`\($0.label ?? "")`" })
        var offset = 0
        for field in fields {
            #expect(field[0] == "\(offset)", "\(section) \(field[2])")
            offset += try #require(FormatDocumentTests.sizes[field[1]], "\(field[1])")
        }
        #expect(offset == section.recordByteCount, "\(section) has no padding")
    }

    @Test func everyOpcodeHasItsNumberAndLength() {
        for opcode in Opcode.allCases {
            #expect(lines.contains { $0.hasPrefix("| \(opcode.rawValue) | `\(opcode.name)` | \(opcode.wordCount) |") })
        }
    }

    @Test func headerIsWhereItIsSaidToBe() {
        let directoryEnd =
            TableLayout.headerByteCount + TableSection.allCases.count * TableLayout.directoryEntryByteCount
        #expect(lines.contains { $0.contains("header                    \(TableLayout.headerByteCount) ") })
        #expect(lines.contains { $0.contains("directory            \(TableSection.allCases.count) × 24") })
        #expect(lines.contains { $0.contains("   \(directoryEnd) ├") })
        #expect(lines.contains("| 16 | u32 | sections: \(TableSection.allCases.count) |"))
    }

    private static let sizes = [
        "u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8, "text": 8, "range": 8,
    ]

    private static let records: [(section: TableSection, record: any Sendable)] = [
        (.gateway, GatewayRecord()), (.listeners, ListenerRecord()), (.trustedBlocks, AddressBlockRecord()),
        (.hosts, HostRecord()), (.treeNodes, TreeNodeRecord()), (.nodeExtras, NodeExtraRecord()),
        (.constrainedEdges, ConstrainedEdgeRecord()), (.prefixEdges, PrefixEdgeRecord()),
        (.wholePathEdges, WholePathEdgeRecord()), (.automata, AutomatonRecord()), (.mounts, MountRecord()),
        (.routes, RouteRecord()), (.routeTexts, RouteTextRecord()), (.conditions, ConditionRecord()),
        (.apis, APIRecord()), (.versions, VersionRecord()), (.brownouts, BrownoutRecord()),
        (.programs, ProgramRecord()),
        (.upstreams, UpstreamRecord()), (.targets, TargetRecord()), (.consumers, ConsumerRecord()),
        (.credentials, CredentialRecord()), (.rateLimits, RateLimitRecord()), (.rates, RateRecord()),
        (.rateTiers, RateTierRecord()), (.headerEdits, EditsRecord()), (.headerFields, HeaderFieldRecord()),
        (.templateParts, TemplatePartRecord()), (.responses, ResponseRecord()), (.nodes, NodeRecord()),
        (.certificates, CertificateRecord()), (.listenerTLS, ListenerTLSRecord()), (.upstreamTLS, UpstreamTLSRecord()),
        (.addressRanges, AddressRangeRecord()), (.crossOrigins, CrossOriginRecord()),
        (.revocations, RevocationRecord()),
        (.tokenPolicies, TokenPolicyRecord()), (.tokenKeys, TokenKeyRecord()), (.keySources, KeySourceRecord()),
        (.claimRequirements, ClaimRequirementRecord()), (.claimHeaders, ClaimHeaderRecord()),
        (.healthChecks, HealthRecord()), (.statusRanges, StatusRangeRecord()),
        (.authorizers, AuthorizerRecord()), (.introspections, IntrospectionRecord()),
        (.concurrencyLimits, ConcurrencyLimitRecord()), (.faults, FaultRecord()),
        (.canaries, CanaryRecord()), (.canarySteps, CanaryStepRecord()),
        (.canaryPieces, CanaryPieceRecord()),
        (.signaturePolicies, SignaturePolicyRecord()),
        (.queryEdits, EditsRecord()), (.queryParameters, QueryParameterRecord()),
        (.bodyEdits, BodyEditsRecord()), (.bodyOperations, BodyOperationRecord()),
        (.redis, RedisRecord()),
    ]
}
