/// A server of files that a node pulls its bundles from, and whom the node believes.
package struct PullSource: Equatable, Sendable {
    /// How often a gateway asks if nobody says it.
    package static let usualSeconds: Int64 = 30

    /// The address of a folder, with the slash at its end.
    package var url: String
    /// How often it is asked; `nil` is the gateway's default.
    package var seconds: Int64?
    /// A path to the authorities that the server is one of, as PEM; `nil` is the system's.
    package var authorities: String?
    /// Paths to public keys, as PEM; at least one. Relative paths are relative to where the spec's copies are.
    package var trust: [String]
    /// Seconds without a word of the server after which the node warns; `nil` is never.
    package var warnsAfter: Int64?
    /// The same, after which it turns requests away.
    package var stopsAfter: Int64?

    package init(
        url: String,
        seconds: Int64? = nil,
        authorities: String? = nil,
        trust: [String],
        warnsAfter: Int64? = nil,
        stopsAfter: Int64? = nil
    ) {
        self.url = url
        self.seconds = seconds
        self.authorities = authorities
        self.trust = trust
        self.warnsAfter = warnsAfter
        self.stopsAfter = stopsAfter
    }

    /// Where it listens.
    package var port: UInt16 {
        let isSecure = url.lowercased().hasPrefix("https:")
        let authority = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
        let behind = authority.split(separator: "]", omittingEmptySubsequences: false).last ?? authority
        let port = behind.lastIndex(of: ":").flatMap { UInt16(behind[behind.index(after: $0)...]) }
        return port ?? (isSecure ? 443 : 80)
    }
}
