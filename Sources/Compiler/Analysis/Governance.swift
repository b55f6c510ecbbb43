internal import GatewayIR

/// What governance requires of every API, route and version, looked at on the chains that are in force. One diagnostic
/// stands for all routes of an API that lack the same thing.
struct Governance {
    let document: SpecDocument
    let completeness: Completeness
    private let versions: LoweredVersions
    let routes: LoweredRoutes
    let required: [GovernanceSpec.Requirement: SourceSpan]
    private var publicRoutes: PublicRoutes
    private var openAPIs: [OpenAPI] = []
    var diagnostics: [Diagnostic] = []

    /// How many APIs with open routes get a warning of their own; one more stands for all others.
    private static let openAPICountMax = 10

    /// An API with routes that nothing guards, while nothing says that they must be guarded.
    private struct OpenAPI {
        var name: Spanned<String>
        var first: RouteMention
        var count: Int
    }

    static func check(
        _ document: SpecDocument,
        completeness: Completeness,
        versions: LoweredVersions,
        routes: LoweredRoutes,
        constraints: inout ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) {
        let publicRoutes = PublicRoutes(
            document.governance?.publicRoutes ?? [],
            constraints: &constraints,
            into: &diagnostics
        )
        var governance = Governance(
            document: document,
            completeness: completeness,
            versions: versions,
            routes: routes,
            required: Dictionary(
                (document.governance?.require ?? []).map { ($0.value, $0.span) },
                uniquingKeysWith: { first, _ in first }
            ),
            publicRoutes: publicRoutes
        )
        governance.checkAll()
        diagnostics += governance.diagnostics
    }

    private mutating func checkAll() {
        let count = versions.apis.count
        var open = [Lack](repeating: Lack(), count: count)
        var unlimited = open
        var unbounded = open
        var lastMatch: SourceSpan?
        for index in routes.routes.indices {
            let chain = routes.chains.facts[routes.routes[index].chain]
            let isPublic = publicRoutes.cover(routes, index, isOpen: !chain.demandsCredential)
            let (match, api) = (routes.facts[index].match, routes.facts[index].api)
            // A route stands once for each of its hosts.
            guard match != lastMatch, routes.facts[index].isWhole else { continue }
            lastMatch = match
            if !chain.demandsCredential, !isPublic { open[api].add(routes, index) }
            if !chain.limitsRate { unlimited[api].add(routes, index) }
            if !chain.limitsSize, document.listen.bodyBytesMax == nil { unbounded[api].add(routes, index) }
        }
        for api in versions.apis.indices {
            let spec = document.apis[versions.apiPlans[api].spec]
            let name = spec.name
            if required[.owner] != nil, completeness.isWhole(spec), versions.apis[api].owner.isEmpty {
                diagnostics.append(.ownerRequired(name))
            }
            reportOpen(open[api], api: name)
            report(unlimited[api], .rateLimit, .rateLimitRequired, api: name)
            report(unbounded[api], .sizeLimit, .sizeLimitRequired, api: name)
        }
        warnOfOpenAPIs()
        checkUpstreams()
        checkConsumers()
        checkVersions()
        for entry in publicRoutes.unused where routes.isWhole { diagnostics.append(.publicMatchesNothing(entry)) }
    }

    private mutating func reportOpen(_ lack: Lack, api: Spanned<String>) {
        guard let first = lack.first else { return }
        if let span = required[.authentication] {
            diagnostics.append(
                .requirement(.authenticationRequired, first, count: lack.count, api: api, required: span)
            )
        } else {
            openAPIs.append(OpenAPI(name: api, first: first, count: lack.count))
        }
    }

    /// In a spec of a thousand open APIs a thousand warnings would hide everything else.
    private mutating func warnOfOpenAPIs() {
        let inOrder = openAPIs.sorted { $0.first.span.isBefore($1.first.span) }
        for api in inOrder.prefix(Self.openAPICountMax) {
            diagnostics.append(.openRoutes(api.first, count: api.count, api: api.name))
        }
        let rest = inOrder.dropFirst(Self.openAPICountMax)
        guard let next = rest.first else { return }
        if rest.count == 1 {
            diagnostics.append(.openRoutes(next.first, count: next.count, api: next.name))
        } else {
            let count = rest.reduce(0) { $0 + $1.count }
            diagnostics.append(.openRoutes(next.first, count: count, apiCount: rest.count))
        }
    }

    private mutating func report(
        _ lack: Lack,
        _ requirement: GovernanceSpec.Requirement,
        _ code: DiagnosticCode,
        api: Spanned<String>
    ) {
        guard let span = required[requirement], let first = lack.first else { return }
        diagnostics.append(.requirement(code, first, count: lack.count, api: api, required: span))
    }

    private mutating func checkVersions() {
        for plan in versions.versionPlans {
            let version = document.apis[versions.apiPlans[plan.api].spec].value.versions[plan.spec]
            guard let deprecated = version.value.deprecated, completeness.isWhole(within: version.value.span) else {
                continue
            }
            if let span = required[.docs], version.value.docs == nil {
                diagnostics.append(.docsRequired(version.name, deprecated: deprecated.span, required: span))
            }
            if let span = required[.successor], version.value.successor == nil {
                diagnostics.append(.successorRequired(version.name, deprecated: deprecated.span, required: span))
            }
        }
    }
}

/// Routes of an API that lack something.
struct Lack {
    var first: RouteMention?
    var count = 0

    mutating func add(_ routes: LoweredRoutes, _ index: Int) {
        count += 1
        let match = routes.facts[index].match
        if let first, first.span.isBefore(match) { return }
        let route = routes.routes[index]
        first = RouteMention(text: "\(route.methods.text) \(route.pathText)", span: match)
    }
}

/// The entries of `governance.public`: the only routes that may go without authentication.
struct PublicRoutes {
    private struct Entry {
        var text: Spanned<String>
        var methods: MethodSet
        var isUsed = false
    }

    private var entries: [Entry] = []
    private var walks: RouteWalks
    private let root: Int
    private var unusedCount: Int

    init(
        _ texts: [Spanned<String>],
        constraints: inout ConstraintLibrary,
        into diagnostics: inout [Diagnostic]
    ) {
        var trie = RouteTrie()
        root = trie.addRoot()
        for text in texts {
            do throws(PatternFault) {
                let route = try RouteTextParser.parse(text.value, constraints: &constraints)
                trie.insert(
                    entries.count,
                    route.path.pattern.segments[...],
                    end: route.path.pattern.end,
                    constraints: route.path.constraints,
                    at: root
                )
                entries.append(Entry(text: text, methods: route.methods))
            } catch {
                diagnostics.append(error.diagnostic(in: text))
            }
        }
        walks = RouteWalks(trie: trie, relations: ConstraintRelations(constraints))
        unusedCount = entries.count
    }

    /// Entries that cover no route.
    var unused: [Spanned<String>] { entries.filter { !$0.isUsed }.map(\.text) }

    /// Whether an entry takes all requests of a route. Only asked of open routes once every entry has been of use.
    mutating func cover(_ routes: LoweredRoutes, _ index: Int, isOpen: Bool) -> Bool {
        guard isOpen && !entries.isEmpty || unusedCount > 0 else { return false }
        let route = routes.routes[index]
        let steps = route.path.steps(constraints: routes.facts[index].constraints)
        var isCovered = false
        for index in walks.covering(steps, isTail: route.path.isTail, from: root, .all) {
            guard entries[index].methods.containsAll(of: route.methods) else { continue }
            isCovered = true
            guard !entries[index].isUsed else { continue }
            entries[index].isUsed = true
            unusedCount -= 1
        }
        return isCovered
    }
}

extension MethodSet {
    func containsAll(of other: MethodSet) -> Bool {
        switch (self, other) {
        case (.any, _): true
        case (.listed, .any): false
        case (.listed(let mine), .listed(let theirs)): theirs.allSatisfy { mine.contains($0) }
        }
    }
}
