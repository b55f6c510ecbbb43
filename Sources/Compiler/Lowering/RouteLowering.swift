internal import GatewayIR

/// What the analysis knows of a route beside its value.
struct RouteFacts {
    /// Where `match` stands.
    var match: SourceSpan
    /// Index into `Gateway.apis`.
    var api: Int
    /// Numbers of its path's constraints, in the order of its segments.
    var constraints: [Int]
    /// Whether its chain is all that the spec says; else nothing can be missing from it.
    var isWhole: Bool
}

/// All routes with their chains.
struct LoweredRoutes {
    var routes: [Route] = []
    /// One per route.
    var facts: [RouteFacts] = []
    var chains = ChainTable()
    /// Whether all routes of the spec are among them.
    var isWhole = true
    /// Indices into `Gateway.versions`: those that lack a route because of a mistake in it.
    var brokenVersions: Set<Int> = []
    /// Indices into `Gateway.upstreams` that some route forwards to.
    var usedUpstreams: Set<Int> = []
    /// Indices into `SpecDocument.policies` that something names.
    var usedPolicies: Set<Int> = []
    /// Groups of those whom the APIs of one spec of a link know.
    var audiences = AudienceTable(.alone, groupCount: 0)
}

/// Lowers the routes of versions: path, methods, conditions, chain, upstream. `RoutePieces` brings them together.
struct RouteLowering {
    /// Texts that are parsed once.
    private static let parsedCountMax = 4096

    private let document: SpecDocument
    let names: NameTable
    private let completeness: Completeness
    private let versions: LoweredVersions
    private var parsed: [String: ParsedRoute] = [:]
    /// Those of the version before, and of this one.
    private var parsedBefore: [(text: String, route: ParsedRoute)] = []
    private var parsedNow: [(text: String, route: ParsedRoute)] = []
    var result = LoweredRoutes()
    var resolution: ChainResolution
    var checks: PluginChecks
    var conditions = ConditionLowering()
    var methods = MethodRegistry()
    /// The unit whose API is being lowered.
    private var unit = 0
    var diagnostics: [Diagnostic] = []
    /// The chain of the API that is being lowered, for versions that say nothing of their own; what is wrong with it is
    /// reported.
    private var chainOfAPI: (number: Int, isWhole: Bool)?
    /// Whether something of the chain that was lowered last has the place of a route.
    private var standsForRoute = false
    /// The upstream that was last noted as used.
    var lastUpstream: Int?
    /// By name of an upstream: what it hashes.
    let hashes: [String: HashUse]

    init(
        _ document: SpecDocument,
        names: NameTable,
        completeness: Completeness,
        versions: LoweredVersions,
        audiences: AudienceTable
    ) {
        self.completeness = completeness
        self.document = document
        self.names = names
        self.versions = versions
        hashes = HashUse.all(of: document)
        resolution = ChainResolution(document, names: names)
        checks = PluginChecks(document)
        result.audiences = audiences
    }

    /// Adds the routes of some APIs, by their indices in the gateway.
    mutating func lower(_ apis: Range<Int>, within global: EffectiveChain, constraints: inout ConstraintLibrary) {
        let count = apis.reduce(0) { $0 + routeCount(of: $1) }
        result.routes.reserveCapacity(count)
        result.facts.reserveCapacity(count)
        for index in apis {
            let plan = versions.apiPlans[index]
            let api = document.apis[plan.spec]
            unit = api.value.unit
            let place = ChainPlace(scope: .api, identity: "api/\(api.name.value)")
            let chain = resolution.chain(
                within: global,
                policies: api.value.policies,
                plugins: api.value.plugins,
                at: place
            )
            chainOfAPI = nil
            let upstream = api.value.upstream.flatMap { upstreamChoice($0, scope: .api) }
            for version in versions.apis[index].versions {
                lower(version, of: api, plan: plan, within: chain, upstream: upstream, constraints: &constraints)
            }
        }
    }

    /// As they are written; those of several hosts count once.
    private func routeCount(of api: Int) -> Int {
        versions.apis[api].versions.reduce(0) { sum, version in
            let plan = versions.versionPlans[version]
            return sum + document.apis[versions.apiPlans[api].spec].value.versions[plan.spec].value.routes.count
        }
    }

    private mutating func lower(
        _ index: Int,
        of api: Named<APISpec>,
        plan: APIPlan,
        within outer: EffectiveChain,
        upstream outerUpstream: UpstreamChoice?,
        constraints: inout ConstraintLibrary
    ) {
        let version = versions.versions[index]
        let spec = api.value.versions[versions.versionPlans[index].spec]
        let place = ChainPlace(scope: .version, identity: "version/\(api.name.value)/\(version.name)")
        let chain = resolution.chain(
            within: outer,
            policies: spec.value.policies,
            plugins: spec.value.plugins,
            at: place
        )
        let upstream = spec.value.upstream.flatMap { upstreamChoice($0, scope: .version) } ?? outerUpstream
        var context = VersionContext(
            version: index,
            api: version.api,
            apiName: api.name.value,
            name: "\(api.name.value)/\(version.name)",
            selector: plan.selector,
            base: VersionBase(plan: plan, value: version.value),
            chain: chain,
            inheritsChain: spec.value.policies.isEmpty && spec.value.plugins.isEmpty,
            upstream: upstream,
            isWhole: completeness.isWholeForRoutes(of: api)
        )
        let first = result.routes.count
        parsedBefore = parsedNow
        parsedNow.removeAll()
        for route in spec.value.routes { lower(route, in: &context, constraints: &constraints) }
        if context.isWhole, !context.withoutUpstream.isEmpty {
            diagnostics.append(.routeWithoutUpstream(context.withoutUpstream, version: version.name))
        }
        if context.isWhole, context.chain.isWhole, !version.previewGroups.isEmpty, result.routes.count > first,
            !result.routes[first...].contains(where: { result.chains.facts[$0.chain].namesConsumers })
        {
            diagnostics.append(.previewNeedsAuthentication(spec))
        }
    }

    /// A version mostly repeats the routes of the one before it, at the same places.
    private mutating func parse(
        _ text: String,
        constraints: inout ConstraintLibrary
    ) throws(PatternFault) -> ParsedRoute {
        let place = parsedNow.count
        if place < parsedBefore.count, parsedBefore[place].text == text {
            parsedNow.append(parsedBefore[place])
            return parsedBefore[place].route
        }
        if let known = parsed[text] {
            parsedNow.append((text, known))
            return known
        }
        let route = try RouteTextParser.parse(text, constraints: &constraints)
        if parsed.count < Self.parsedCountMax { parsed[text] = route }
        parsedNow.append((text, route))
        return route
    }

    private mutating func lower(
        _ route: RouteSpec,
        in context: inout VersionContext,
        constraints: inout ConstraintLibrary
    ) {
        if !route.isPlain, let details = route.details, let kong = details.kong {
            return lower(route, details, kong, in: &context)
        }
        let parsed: ParsedRoute
        do throws(PatternFault) {
            parsed = try parse(route.match.value, constraints: &constraints)
        } catch {
            diagnostics.append(error.diagnostic(in: route.match))
            result.isWhole = false
            result.brokenVersions.insert(context.version)
            return
        }
        guard let path = context.base.joined(with: parsed.path, route.match, into: &diagnostics) else {
            result.isWhole = false
            result.brokenVersions.insert(context.version)
            return
        }
        methods.register(parsed.methods, at: route.match)
        var conditions: [HeaderCondition] = []
        if !route.isPlain {
            conditions = self.conditions.lower(
                route.details?.headers ?? [],
                selector: context.selector,
                into: &diagnostics
            )
        }
        let mention = RouteMention(text: route.match.value, span: route.match.span)
        let chain = effectiveChain(of: route, conditions: conditions, in: context)
        let number = chainNumber(chain, of: route, path: path.pattern, mention, in: &context)
        let forwarding = forwarding(of: route, chain: chain, path: path.pattern, mention, in: &context)
        let origin = Origin(file: route.match.span.file, offset: route.match.span.start)
        for host in context.base.hosts {
            result.routes.append(
                Route(
                    host: host,
                    path: path.pattern,
                    methods: parsed.methods,
                    conditions: conditions,
                    version: context.version,
                    chain: number,
                    forwarding: forwarding,
                    origin: origin
                )
            )
            result.facts.append(
                RouteFacts(
                    match: route.match.span,
                    api: context.api,
                    constraints: path.constraints,
                    isWhole: context.isWhole && chain.isWhole
                )
            )
        }
    }
}

// Routes that were taken over from Kong.
extension RouteLowering {
    private mutating func lower(
        _ route: RouteSpec,
        _ details: RouteDetails,
        _ kong: KongRouteSpec,
        in context: inout VersionContext
    ) {
        let path: KongMatch.Path
        let forwarded: ForwardedPath
        var hosts: [HostPattern] = []
        let strips = details.strip?.value ?? true
        do throws(Located) {
            path = try locating(kong.regex ?? kong.prefix ?? route.match) { () throws(PatternFault) in
                try KongLowering.path(kong)
            }
            forwarded = try locating(kong.base ?? route.match) { () throws(PatternFault) in
                try KongLowering.forwarded(kong, strips: strips)
            }
            for host in kong.hosts {
                hosts.append(
                    try locating(host) { () throws(PatternFault) in try HostPatternParser.parse(host.value) }
                )
            }
        } catch {
            diagnostics.append(error.fault.diagnostic(in: error.text))
            result.isWhole = false
            result.brokenVersions.insert(context.version)
            return
        }
        let methods: MethodSet =
            kong.methods.isEmpty
            ? .any : .listed(Set(kong.methods.map(\.value)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        self.methods.register(methods, at: route.match)
        let conditions = conditions.lower(details.headers, selector: context.selector, into: &diagnostics)
        let match = KongMatch(path: path, rank: kong.rank?.value ?? 0)
        let mention = RouteMention(text: match.text, span: route.match.span)
        let chain = effectiveChain(of: route, conditions: conditions, in: context)
        let pattern = KongMatch.anyPath
        let number = chainNumber(chain, of: route, path: pattern, mention, in: &context)
        let forwarding = forwarding(of: route, chain: chain, path: pattern, mention, in: &context).map {
            Forwarding(upstream: $0.upstream, path: forwarded, preservesHost: $0.preservesHost)
        }
        for host in hosts.isEmpty ? [.any] : hosts {
            result.routes.append(
                Route(
                    host: host,
                    path: pattern,
                    methods: methods,
                    conditions: conditions,
                    version: context.version,
                    chain: number,
                    kong: match,
                    forwarding: forwarding,
                    origin: Origin(file: route.match.span.file, offset: route.match.span.start)
                )
            )
            result.facts.append(
                RouteFacts(
                    match: route.match.span,
                    api: context.api,
                    constraints: [],
                    isWhole: context.isWhole && chain.isWhole
                )
            )
        }
    }

    /// A fault and the text that it is in.
    private struct Located: Error {
        var fault: PatternFault
        var text: Spanned<String>
    }

    private func locating<Value>(
        _ text: Spanned<String>,
        _ body: () throws(PatternFault) -> Value
    ) throws(Located) -> Value {
        do throws(PatternFault) { return try body() } catch { throw Located(fault: error, text: text) }
    }
}

// Chains.
extension RouteLowering {
    private mutating func effectiveChain(
        of route: RouteSpec,
        conditions: [HeaderCondition],
        in context: VersionContext
    ) -> EffectiveChain {
        guard !route.inheritsChain else { return context.chain }
        var identity = "route/\(context.name)/\(route.match.value)"
        for condition in conditions { identity += " \(condition.name)=\(condition.value)" }
        return resolution.chain(
            within: context.chain,
            policies: route.policies,
            plugins: route.plugins,
            at: ChainPlace(scope: .route, identity: identity)
        )
    }

    /// The number of a route's chain. Routes that say nothing of their own share that of their version, which is
    /// lowered and hashed once for each list of captures that its texts could name.
    private mutating func chainNumber(
        _ chain: EffectiveChain,
        of route: RouteSpec,
        path: PathPattern,
        _ mention: RouteMention,
        in context: inout VersionContext
    ) -> Int {
        let cost = route.isPlain ? nil : route.details?.cost
        if !route.inheritsChain || cost != nil {
            let isWhole = context.isWhole && chain.isWhole
            checks.check(chain, of: context.apiName, on: mention, isWhole: isWhole)
            if let cost { checks.checkCost(cost, chain, on: mention, isWhole: isWhole) }
            return lowered(chain, cost: cost, captures: chain.namesCaptures ? path.captureNames : [], mention)
        }
        if !context.chainNamesCaptures, let number = context.chainNumber { return number }
        let captures = context.chainNamesCaptures ? path.captureNames : []
        if let number = context.chainNumbers[captures] { return number }
        let isWhole = context.isWhole && chain.isWhole
        if context.inheritsChain, !context.chainNamesCaptures, let known = chainOfAPI, known.isWhole == isWhole {
            context.chainNumber = known.number
            return known.number
        }
        checks.check(chain, of: context.apiName, on: mention, isWhole: isWhole)
        standsForRoute = false
        let number = lowered(chain, cost: nil, captures: captures, mention)
        if context.chainNamesCaptures {
            context.chainNumbers[captures] = number
        } else {
            context.chainNumber = number
            if context.inheritsChain, !standsForRoute { chainOfAPI = (number, isWhole) }
        }
        return number
    }

    private mutating func lowered(
        _ chain: EffectiveChain,
        cost: Spanned<UInt32>?,
        captures: [String],
        _ mention: RouteMention
    ) -> Int {
        var lowering = PluginLowering(
            names: names,
            authenticates: chain.authenticates,
            cost: cost?.value ?? 1,
            captures: captures
        )
        var steps: [ChainStep] = []
        // What consumers of another spec are, this one's rules cannot say: they are kept out before.
        var audience = chain.authenticates && !chain.admitsGroups ? result.audiences.group(of: unit) : nil
        // Who passes by a token and is nobody's consumer is no other spec's either.
        func acl(_ group: Int) -> Plugin { .acl(chain.admitsStrangers ? .audience(group) : .allow([group])) }
        for use in chain.activeUses {
            guard let plugin = lowering.plugin(use) else { continue }
            if let upstream = use.use.setting.consultedUpstream { noteConsulted(upstream, plugin, chain, mention) }
            let origin = Origin(file: use.use.span.file, offset: use.use.span.start)
            if plugin.phase >= .authorization, let group = audience.take() {
                steps.append(ChainStep(plugin: acl(group), scope: .global, origin: origin))
            }
            steps.append(ChainStep(plugin: plugin, scope: use.place.scope, origin: origin))
        }
        if let group = audience {
            standsForRoute = true
            let origin = Origin(file: mention.span.file, offset: mention.span.start)
            steps.append(ChainStep(plugin: acl(group), scope: .global, origin: origin))
        }
        for unknown in lowering.unknownCaptures {
            checks.report(.unknownCapture(unknown.name, at: unknown.span, known: captures, route: mention))
        }
        return result.chains.index(of: Chain(steps: steps))
    }
}
