import Foundation
import TestSupport
import Testing

@testable import GatewayRuntime

/// docs/operations.md says which answers are the gateway's own: types, statuses and speakers are compared.
@Suite struct RefusalDocumentTests {
    @Test func everyProblemTypeIsThere() throws {
        let lines = String(decoding: try Repository.bytes(of: "docs/operations.md"), as: UTF8.self).split(
            separator: "\n"
        )
        let rows = lines.drop { !$0.hasPrefix("| `urn:apic:problem:`") }.dropFirst(2).prefix { $0.hasPrefix("| ") }
        let known = (1...UInt8.max).compactMap { RefusalKind(rawValue: $0) }
        #expect(known.count > 20)
        for kind in known {
            #expect(
                rows.contains {
                    $0.hasPrefix("| `\(kind.type)` | \(kind.status)") && $0.hasSuffix(" `\(kind.speaker)` |")
                }
            )
        }
        #expect(rows.count == known.count)
    }
}
