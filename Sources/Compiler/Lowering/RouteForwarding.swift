internal import GatewayIR

// Where routes forward to.
extension RouteLowering {
    mutating func upstreamChoice(_ name: Spanned<String>, scope: Scope) -> UpstreamChoice? {
        UpstreamChoice(name: name, index: names.upstream(name, into: &diagnostics), scope: scope)
    }

    mutating func forwarding(
        of route: RouteSpec,
        chain: EffectiveChain,
        path: PathPattern,
        _ mention: RouteMention,
        in context: inout VersionContext
    ) -> Forwarding? {
        let choice = route.upstream.flatMap { upstreamChoice($0, scope: .route) } ?? context.upstream
        let isInherited = route.inheritsChain
        if let answer = isInherited ? context.answer : chain.active(in: .answer).first {
            if let choice, choice.scope >= answer.place.scope {
                checks.report(.respondWithUpstream(choice.name, answer: answer))
            }
            let details = route.details
            let idle = details?.rewrite?.span ?? details?.strip?.span ?? details?.preserveHost?.span
            if let idle { diagnostics.append(.nothingToForward(at: idle, answer: answer)) }
            return nil
        }
        let target = forwardedPath(of: route, path: path, mention, in: context)
        guard let choice else {
            context.withoutUpstream.append(route.match)
            return nil
        }
        guard let upstream = choice.index else { return nil }
        // Neighbours mostly share their upstream.
        if lastUpstream != upstream { result.usedUpstreams.insert(upstream) }
        lastUpstream = upstream
        return Forwarding(
            upstream: upstream,
            path: target,
            preservesHost: route.isPlain ? false : route.details?.preserveHost?.value ?? false,
            hashedCapture: hashedCapture(choice.name.value, of: path, chain, mention),
            canaryCaptures: hashedCaptures(
                isInherited ? context.canary : chain.active(.canary),
                beside: upstream,
                of: path,
                chain,
                mention
            ),
            mirrorCapture: hashedCaptures(
                isInherited ? context.mirror : chain.active(.mirror),
                beside: upstream,
                of: path,
                chain,
                mention
            ).first ?? nil
        )
    }

    /// The upstreams of a canary or mirror are used, and are not the one that gets the requests anyway.
    private mutating func hashedCaptures(
        _ use: EffectiveUse?,
        beside upstream: Int,
        of path: PathPattern,
        _ chain: EffectiveChain,
        _ mention: RouteMention
    ) -> [Int?] {
        guard let use else { return [] }
        var ignored: [Diagnostic] = []
        return use.use.setting.otherUpstreams.map { name in
            guard let other = names.upstream(name, into: &ignored) else { return nil }
            result.usedUpstreams.insert(other)
            if other == upstream { checks.report(.sameUpstream(name, plugin: use.use.name.value, route: mention)) }
            return hashedCapture(name.value, of: path, chain, mention)
        }
    }

    /// What the upstream hashes must be there: a capture of the path, or a consumer.
    private mutating func hashedCapture(
        _ upstream: String,
        of path: PathPattern,
        _ chain: EffectiveChain,
        _ mention: RouteMention
    ) -> Int? {
        guard !hashes.isEmpty, let hash = hashes[upstream] else { return nil }
        switch hash.kind {
        case .capture:
            let index = path.captureNames.firstIndex(of: hash.name)
            if index == nil { checks.report(.hashWithoutCapture(hash, upstream: upstream, route: mention)) }
            return index
        case .consumer:
            if chain.isWhole, !chain.authenticates {
                checks.report(.hashWithoutConsumer(hash, upstream: upstream, route: mention))
            }
            return nil
        case .address, .header, .cookie: return nil
        }
    }

    /// The upstream of a server that is asked is used, and hashes what there is before a request goes anywhere.
    mutating func noteConsulted(
        _ upstream: Spanned<String>,
        _ plugin: Plugin,
        _ chain: EffectiveChain,
        _ mention: RouteMention
    ) {
        var ignored: [Diagnostic] = []
        if let index = names.upstream(upstream, into: &ignored) { result.usedUpstreams.insert(index) }
        guard let hash = hashes[upstream.value] else { return }
        switch hash.kind {
        case .capture:
            checks.report(.hashOfAuthorizer(hash, upstream: upstream.value, plugin: plugin.name, route: mention))
        case .consumer where chain.isWhole && !chain.authenticates:
            checks.report(.hashWithoutConsumer(hash, upstream: upstream.value, route: mention))
        case .consumer, .address, .header, .cookie: break
        }
    }

    private mutating func forwardedPath(
        of route: RouteSpec,
        path: PathPattern,
        _ mention: RouteMention,
        in context: VersionContext
    ) -> ForwardedPath {
        guard !route.isPlain, let details = route.details else {
            return .stripping(segmentCount: context.base.segmentCount)
        }
        guard let rewrite = details.rewrite else {
            return details.strip?.value == false ? .whole : .stripping(segmentCount: context.base.segmentCount)
        }
        if let strip = details.strip { diagnostics.append(.stripBesideRewrite(rewrite, strip: strip)) }
        do throws(PatternFault) {
            try RewriteRules.check(rewrite.value)
        } catch {
            diagnostics.append(error.diagnostic(in: rewrite))
            return .whole
        }
        var lowering = PluginLowering(names: names, authenticates: false, captures: path.captureNames)
        let template = lowering.template(rewrite)
        for unknown in lowering.unknownCaptures {
            checks.report(
                .unknownCapture(unknown.name, at: unknown.span, known: path.captureNames, route: mention)
            )
        }
        return .rewritten(template)
    }
}
