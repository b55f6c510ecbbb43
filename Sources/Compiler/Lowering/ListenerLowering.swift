internal import GatewayIR

/// Listeners, bounds and times towards clients, with their defaults filled in.
enum ListenerLowering {
    static func listeners(_ spec: ListenSpec, into diagnostics: inout [Diagnostic]) -> Listeners {
        var result = Listeners()
        // Whoever asks for TLS gets no plain listener that he did not ask for.
        if !spec.http.isEmpty || spec.isHTTPSWanted { result.http = spec.http.map(\.value) }
        result.https = SecurityLowering.listeners(spec.https)
        if let status = spec.status { result.status = status.value }
        result.trustedProxies = spec.trustedProxies.map(\.value)
        result.takesProxyHeader = spec.takesProxyHeader?.value ?? false
        if let speaksHTTP2 = spec.speaksHTTP2?.value { result.speaksHTTP2 = speaksHTTP2 }
        let addresses = spec.http + secureAddresses(spec)
        reportClashes(addresses, into: &diagnostics)
        let status = result.status.port
        let taken = addresses.first { $0.value.port == status }?.span
        let isTaken = taken != nil || addresses.isEmpty && result.http.contains { $0.port == status }
        if isTaken, let span = spec.status?.span ?? taken {
            diagnostics.append(.statusPortTaken(status, at: span, http: spec.status == nil ? nil : taken))
        }
        return result
    }

    static func reportClashes(_ addresses: [Spanned<ListenAddress>], into diagnostics: inout [Diagnostic]) {
        for (index, address) in addresses.enumerated() {
            guard let first = addresses[..<index].first(where: { clash($0.value, address.value) }) else { continue }
            diagnostics.append(.listenAddressTwice(address, first: first.span))
        }
    }

    /// The default stands where `https` does.
    private static func secureAddresses(_ spec: ListenSpec) -> [Spanned<ListenAddress>] {
        guard let https = spec.https, https.addresses.isEmpty else { return spec.https?.addresses ?? [] }
        return [Spanned(ListenAddress(host: "0.0.0.0", port: 8443), https.span)]
    }

    /// Whether both cannot be bound at once.
    private static func clash(_ left: ListenAddress, _ right: ListenAddress) -> Bool {
        guard left.port == right.port else { return false }
        if left.isPath || right.isPath { return left.host == right.host }
        let all = ["0.0.0.0", "::"]
        // IPv4 and IPv6 listeners are apart: the gateway binds `::` for IPv6 only.
        guard left.host.contains(":") == right.host.contains(":") else { return false }
        return left.host == right.host || all.contains(left.host) || all.contains(right.host)
    }

    static func limits(_ spec: ListenSpec) -> RequestLimits {
        var result = RequestLimits()
        if let value = spec.headBytesMax?.value { result.headBytesMax = value }
        if let value = spec.headerCountMax?.value { result.headerCountMax = value }
        if let value = spec.connectionCountMax?.value { result.connectionCountMax = value }
        result.connectionsPerAddressMax = spec.connectionsPerAddressMax?.value
        result.requestCountMax = spec.requestCountMax?.value
        result.lagMax = spec.lagMax?.value
        result.bodyBytesMax = spec.bodyBytesMax?.value
        return result
    }

    static func timeouts(_ spec: ListenSpec) -> ClientTimeouts {
        var result = ClientTimeouts()
        if let value = spec.headTimeout?.value { result.head = value }
        if let value = spec.bodyTimeout?.value { result.body = value }
        if let value = spec.requestTimeout?.value { result.request = value }
        if let value = spec.idleTimeout?.value { result.idle = value }
        if let value = spec.writeTimeout?.value { result.write = value }
        return result
    }

    static func drain(_ spec: DrainSpec) -> Drain {
        var result = Drain()
        if let value = spec.delay?.value { result.delay = value }
        if let value = spec.timeout?.value { result.timeout = value }
        return result
    }

    static func accessLog(_ spec: AccessLogSpec?) -> AccessLog? {
        guard let spec else { return AccessLog() }
        guard !spec.isOff else { return nil }
        var result = AccessLog()
        if let path = spec.path?.value, path != "stdout" { result.path = path }
        if let sample = spec.samplePerMillion?.value { result.samplePerMillion = sample }
        if let fields = spec.fields { result.fields = Set(fields.map(\.value)).sorted { $0.rawValue < $1.rawValue } }
        return result
    }
}

extension Diagnostic {
    static func listenAddressTwice(_ address: Spanned<ListenAddress>, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .listenAddressTwice,
            address.value.isPath
                ? "`\(address.value.host)` is bound already"
                : "port \(address.value.port) of \(address.value.host) is bound already",
            at: address.span,
            related: [.init(first, "by this listener")],
            help: "delete one, or choose another \(address.value.isPath ? "path" : "port")"
        )
    }

    static func statusPortTaken(_ port: UInt16, at span: SourceSpan, http: SourceSpan?) -> Diagnostic {
        Diagnostic(
            .statusPortTaken,
            "the status listener cannot share port \(port) with the proxy",
            at: span,
            related: http.map { [.init($0, "the proxy listens here")] } ?? [],
            help: "choose another port, such as `status: 127.0.0.1:\(port == 8100 ? 8101 : 8100)`"
        )
    }
}
