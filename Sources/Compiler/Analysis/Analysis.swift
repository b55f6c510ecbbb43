package import GatewayIR

/// The back half of the compiler: from the spec as written to the gateway as plain values.
///
/// Every step is a function from values to values that adds what it finds to `diagnostics`. A step goes on behind a
/// mistake as far as it can, so that one run shows them all.
package enum Analysis {
    /// - Parameter linkage: which of several specs that were linked each API is from.
    /// - Returns: the gateway, if no diagnostic, earlier ones included, is an error.
    package static func lower(
        _ document: SpecDocument,
        linkage: Linkage = .alone,
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
        let routes = RouteLowering.lower(
            document,
            names: names,
            completeness: completeness,
            versions: versions,
            audiences: AudienceTable(linkage, groupCount: names.groups.count),
            constraints: &constraints,
            into: &diagnostics
        )
        let groups = routes.audiences.groups(names.groups, adding: &consumers, document, into: &diagnostics)
        let overlapping = MemberChecks.check(
            document,
            linkage: linkage,
            versions: versions,
            mounts: mounts,
            routes: routes,
            constraints: &constraints,
            into: &diagnostics
        )
        KongConflicts.check(routes.routes, facts: routes.facts, into: &diagnostics)
        RouteConflicts.check(
            routes.routes,
            facts: routes.facts,
            versions: versions,
            constraints: constraints,
            reported: overlapping,
            into: &diagnostics
        )
        SuccessorOperations.check(
            document,
            completeness: completeness,
            versions: versions,
            routes: routes,
            constraints: constraints,
            into: &diagnostics
        )
        Governance.check(
            document,
            completeness: completeness,
            versions: versions,
            routes: routes,
            constraints: &constraints,
            into: &diagnostics
        )
        warnOfUnused(document, linkage, names: names, routes: routes, into: &diagnostics)
        let nodes = NodeChecks.lower(document, into: &diagnostics)
        BalanceLowering.checkZones(document, into: &diagnostics)
        let listeners = ListenerLowering.listeners(document.listen, into: &diagnostics)
        let limits = ListenerLowering.limits(document.listen)
        guard document.gateway != nil, !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        return Gateway(
            name: gatewayName,
            listeners: listeners,
            limits: limits,
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
            revocations: NodeChecks.revocations(document.revocations)
        )
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
        for upstream in document.upstreams where !linkage.exportedUpstreams.contains(upstream.name.value) {
            guard let index = names.upstreams.firstIndex(of: upstream.name.value) else { continue }
            if !routes.usedUpstreams.contains(index) { diagnostics.append(.unusedUpstream(upstream.name)) }
        }
    }
}
