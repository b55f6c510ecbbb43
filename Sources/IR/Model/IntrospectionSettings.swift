/// `oauth2-introspection`: an authorization server says what a token is worth (RFC 7662).
package struct IntrospectionSettings: Hashable, Sendable {
    /// Where the token is, what the answer must say, and what becomes of it; without keys.
    package var token: TokenSettings
    /// Who is asked: an index into `Gateway.upstreams`.
    package var upstream: Int
    /// What it is asked for: from the root on, a query perhaps.
    package var path: String
    /// From the question to the whole answer.
    package var timeout: Milliseconds
    /// As whom the gateway asks.
    package var clientID: String
    package var clientSecret: SecretReference
    /// How long a token that is good is believed without asking again, and one that is not; 0 is not at all.
    package var keepsSeconds: UInt32
    package var keepsRefusedSeconds: UInt32

    package static let defaultTimeout: Milliseconds = 5_000
    package static let defaultKeepsSeconds: UInt32 = 60
    package static let defaultKeepsRefusedSeconds: UInt32 = 5

    package init(
        token: TokenSettings,
        upstream: Int = 0,
        path: String = "/",
        timeout: Milliseconds = IntrospectionSettings.defaultTimeout,
        clientID: String,
        clientSecret: SecretReference,
        keepsSeconds: UInt32 = IntrospectionSettings.defaultKeepsSeconds,
        keepsRefusedSeconds: UInt32 = IntrospectionSettings.defaultKeepsRefusedSeconds
    ) {
        self.token = token
        self.upstream = upstream
        self.path = path
        self.timeout = timeout
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.keepsSeconds = keepsSeconds
        self.keepsRefusedSeconds = keepsRefusedSeconds
    }
}

extension IntrospectionSettings {
    /// On one line, for people.
    func text(_ gateway: Gateway) -> String {
        let secret =
            switch clientSecret {
            case .environment(let name): "${env:\(name)}"
            case .file(let path): "${file:\(path)}"
            }
        return "\(gateway.upstreams[upstream].name)\(path) within \(timeout) ms as \(clientID) with \(secret), "
            + "keeps \(keepsSeconds) s, refused \(keepsRefusedSeconds) s, \(token.text)"
    }
}

extension Gateway {
    /// By which the gateway says who it is to the servers that it asks, in every chain.
    package var clientSecrets: [SecretReference] {
        chains.flatMap(\.steps).compactMap { step in
            if case .oauth2Introspection(let settings) = step.plugin { settings.clientSecret } else { nil }
        }
    }
}
