package import GatewayIR

/// The back half of the compiler: from the spec as written to the gateway as plain values.
///
/// Every step is a function from values to values that adds what it finds to `diagnostics`. A step goes on behind a
/// mistake as far as it can, so that one run shows them all.
package enum Analysis {
    /// - Parameters:
    ///   - linkage: which of several specs that were linked each API is from.
    ///   - crew: does the checks, which need nothing of each other.
    ///   - early: are handed the gateway while they run; not if there are errors by then.
    /// - Returns: the gateway, if no diagnostic, earlier ones included, is an error.
    package static func lower(
        _ document: SpecDocument,
        linkage: Linkage = .alone,
        by crew: WorkCrew = .alone,
        early: [@Sendable (Gateway) -> Void] = [],
        into diagnostics: inout [Diagnostic]
    ) -> Gateway? {
        let completeness = Completeness(document)
        let names = NameTable(document, completeness)
        var constraints = ConstraintLibrary()
        let gatewayName = document.gateway?.value ?? ""
        var (consumers, credentials) = ConsumerLowering.lower(
            document,
            gateway: gatewayName,
            names: names,
            into: &diagnostics
        )
        let upstreams = UpstreamLowering.lower(document, into: &diagnostics)
        let versions = VersionLowering.lower(
            document,
            names: names,
            completeness: completeness,
            constraints: &constraints,
            into: &diagnostics
        )
        PluginUseChecks.check(document, names: names, into: &diagnostics)
        let mounts = MountLowering.lower(document, versions: versions, into: &diagnostics)
        let routes = RoutePieces.lower(
            document,
            names: names,
            completeness: completeness,
            versions: versions,
            audiences: AudienceTable(linkage, groupCount: names.groups.count),
            constraints: &constraints,
            by: crew,
            into: &diagnostics
        )
        let groups = routes.audiences.groups(names.groups, adding: &consumers, document, into: &diagnostics)
        let nodes = NodeChecks.lower(document, into: &diagnostics)
        BalanceLowering.checkZones(document, into: &diagnostics)
        let listeners = ListenerLowering.listeners(document.listen, into: &diagnostics)
        let gateway = Gateway(
            name: gatewayName,
            listeners: listeners,
            limits: ListenerLowering.limits(document.listen),
            timeouts: ListenerLowering.timeouts(document.listen),
            drain: ListenerLowering.drain(document.drain),
            accessLog: ListenerLowering.accessLog(document.accessLog),
            groups: groups,
            consumers: consumers,
            credentials: credentials,
            upstreams: upstreams,
            apis: versions.apis,
            versions: versions.versions,
            mounts: mounts,
            chains: routes.chains.chains,
            routes: routes.routes,
            nodes: nodes,
            source: PullLowering.source(document.bundles, nil),
            redis: RedisLowering.server(document),
            revocations: NodeChecks.revocations(document.revocations)
        )
        let isWhole = document.gateway != nil && !diagnostics.contains { $0.severity == .error }
        let checks = WholeChecks(
            document: document,
            linkage: linkage,
            completeness: completeness,
            versions: versions,
            mounts: mounts,
            routes: routes,
            constraints: constraints
        )
        diagnostics += checks.run(
            by: crew,
            beside: isWhole ? early.map { piece in { @Sendable in piece(gateway) } } : []
        )
        warnOfUnused(document, linkage, names: names, routes: routes, into: &diagnostics)
        guard document.gateway != nil, !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        return gateway
    }

    /// What is declared and not used. Where errors hide uses, silence is better than a wrong warning.
    private static func warnOfUnused(
        _ document: SpecDocument,
        _ linkage: Linkage,
        names: NameTable,
        routes: LoweredRoutes,
        into diagnostics: inout [Diagnostic]
    ) {
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return }
        for (index, policy) in document.policies.enumerated() where !routes.usedPolicies.contains(index) {
            guard !linkage.exportedPolicies.contains(policy.name.value) else { continue }
            diagnostics.append(.unusedPolicy(policy.name))
        }
        if let redis = document.redis, !routes.chains.chains.contains(where: \.isCountedTogether) {
            diagnostics.append(.redisForNothing(at: redis.span))
        }
        for upstream in document.upstreams where !linkage.exportedUpstreams.contains(upstream.name.value) {
            guard let index = names.upstream(upstream.name.value) else { continue }
            if !routes.usedUpstreams.contains(index) { diagnostics.append(.unusedUpstream(upstream.name)) }
        }
    }
}
