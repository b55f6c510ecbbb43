internal import GatewayIR

/// Upstreams with their defaults filled in.
enum UpstreamLowering {
    static func lower(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) -> [Upstream] {
        document.upstreams.sorted { $0.name.value < $1.name.value }.map { upstream in
            reportDoubles(upstream, into: &diagnostics)
            var result = lowered(upstream)
            BalanceLowering.lower(upstream, into: &result, &diagnostics)
            result.tls = SecurityLowering.upstream(upstream, into: &diagnostics)
            if let tunnel = upstream.value.tunnelTimeout, result.speaksHTTP2 {
                diagnostics.append(.tunnelOverHTTP2(tunnel.span))
            }
            return result
        }
    }

    private static func lowered(_ upstream: Named<UpstreamSpec>) -> Upstream {
        let spec = upstream.value
        let targets = spec.targets.map {
            Target(
                host: $0.host,
                port: $0.port,
                weight: $0.weight?.value ?? 1,
                isSecure: $0.isSecure,
                isService: $0.isService,
                priority: $0.priority?.value ?? 0,
                zone: $0.zone?.value
            )
        }
        var result = Upstream(
            name: upstream.name.value,
            targets: targets.sorted { ($0.host, $0.port) < ($1.host, $1.port) }
        )
        if let value = spec.speaksHTTP2?.value { result.speaksHTTP2 = value }
        if let value = spec.connectTimeout?.value { result.timeouts.connect = value }
        if let value = spec.responseTimeout?.value { result.timeouts.response = value }
        if let value = spec.idleTimeout?.value { result.timeouts.idle = value }
        if let value = spec.tunnelTimeout?.value { result.timeouts.tunnel = value }
        if let value = spec.retries?.value { result.retryCountMax = value }
        if let value = spec.connectionCountMax?.value { result.connectionCountMax = value }
        if let value = spec.idleConnectionCountMax?.value { result.idleConnectionCountMax = value }
        return result
    }

    private static func reportDoubles(_ upstream: Named<UpstreamSpec>, into diagnostics: inout [Diagnostic]) {
        var seen: [String: SourceSpan] = [:]
        for target in upstream.value.targets {
            let server = "\(target.host) \(target.port)"
            guard let first = seen.updateValue(target.span, forKey: server) else { continue }
            diagnostics.append(.sameTargetTwice(target, upstream: upstream.name.value, first: first))
        }
    }
}

extension Diagnostic {
    static func sameTargetTwice(_ target: TargetSpec, upstream: String, first: SourceSpan) -> Diagnostic {
        Diagnostic(
            .sameTargetTwice,
            "`\(upstream)` has the target \(target.host.hasPrefix("/") ? "unix:" : "")\(target.host)"
                + "\(target.port == 0 ? "" : ":\(target.port)") twice",
            at: target.span,
            related: [.init(first, "first named here")],
            help: "name it once; `weight: 2` gives it two shares"
        )
    }

    static func tunnelOverHTTP2(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tunnelOverHTTP2,
            "`tunnel` has no effect: requests to an upstream with `http2: true` never change the protocol",
            at: span,
            help: "delete it, or send what uses WebSocket to an upstream without `http2`"
        )
    }

    static func unusedUpstream(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusedUpstream,
            "no route sends requests to the upstream `\(name.value)`",
            at: name.span,
            help: "point a route at it, or delete it"
        )
    }

    static func unusedPolicy(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusedPolicy,
            "no API, version or route has the policy `\(name.value)`",
            at: name.span,
            help: "name it in a `policy`, or delete it"
        )
    }
}
