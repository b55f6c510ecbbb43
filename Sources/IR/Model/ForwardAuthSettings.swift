/// `forward-auth`: another server decides whether a request passes.
package struct ForwardAuthSettings: Hashable, Sendable {
    /// Who is asked: an index into `Gateway.upstreams`.
    package var upstream: Int
    /// What it is asked for: from the root on, a query perhaps.
    package var path: String
    /// From the question to the whole answer.
    package var timeout: Milliseconds
    /// Fields of the request that it gets to see; ascending, as written.
    package var requestHeaders: [String]
    /// Fields of its answer that the upstream gets, in place of the client's own; ascending, as written.
    package var upstreamHeaders: [String]
    /// Fields of its answer that the client gets beside the upstream's; ascending, as written.
    package var clientHeaders: [String]
    /// Whether requests pass while it cannot be asked.
    package var passesOnFailure: Bool
    /// Whether the upstream gets to see the `Authorization` that was judged.
    package var forwardsCredential: Bool

    package static let defaultTimeout: Milliseconds = 5_000
    package static let defaultRequestHeaders = ["Authorization", "Cookie"]

    package init(
        upstream: Int = 0,
        path: String = "/",
        timeout: Milliseconds = ForwardAuthSettings.defaultTimeout,
        requestHeaders: [String] = ForwardAuthSettings.defaultRequestHeaders,
        upstreamHeaders: [String] = [],
        clientHeaders: [String] = [],
        passesOnFailure: Bool = false,
        forwardsCredential: Bool = false
    ) {
        self.upstream = upstream
        self.path = path
        self.timeout = timeout
        self.requestHeaders = requestHeaders
        self.upstreamHeaders = upstreamHeaders
        self.clientHeaders = clientHeaders
        self.passesOnFailure = passesOnFailure
        self.forwardsCredential = forwardsCredential
    }

    /// Whether what was judged is taken away before the upstream.
    package var removesAuthorization: Bool {
        !forwardsCredential && requestHeaders.contains { $0.lowercased() == "authorization" }
    }
}

extension ForwardAuthSettings {
    /// On one line, for people.
    func text(_ gateway: Gateway) -> String {
        "\(gateway.upstreams[upstream].name)\(path) within \(timeout) ms, sends \(requestHeaders), "
            + "passes on \(upstreamHeaders), tells the client \(clientHeaders), "
            + "on failure \(passesOnFailure ? "allow" : "deny"), forward \(forwardsCredential)"
    }
}
