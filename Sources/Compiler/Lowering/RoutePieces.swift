internal import GatewayIR

/// The routes of all APIs, lowered in pieces that need nothing of each other: several cores do some each. How a spec is
/// cut depends on the spec alone, and so does what comes out.
enum RoutePieces {
    /// APIs of one piece. Most specs are one.
    private static let apiCount = 64

    static func lower(
        _ document: SpecDocument,
        names: NameTable,
        completeness: Completeness,
        versions: LoweredVersions,
        audiences: AudienceTable,
        constraints: inout ConstraintLibrary,
        by crew: WorkCrew,
        into diagnostics: inout [Diagnostic]
    ) -> LoweredRoutes {
        let blank = RouteLowering(
            document,
            names: names,
            completeness: completeness,
            versions: versions,
            audiences: audiences
        )
        var whole = blank
        whole.result.isWhole = document.refused.isEmpty && versions.apiPlans.count == document.apis.count
        let global = whole.resolution.chain(
            within: EffectiveChain(),
            policies: [],
            plugins: document.plugins,
            at: .global
        )
        let origin = constraints
        let count = versions.apis.count
        let pieces = crew.results((count + apiCount - 1) / apiCount) { piece in
            var lowering = blank
            var library = origin
            let first = piece * apiCount
            lowering.lower(first..<min(first + apiCount, count), within: global, constraints: &library)
            return (lowering: lowering, library: library)
        }
        whole.result.routes.reserveCapacity(pieces.reduce(0) { $0 + $1.lowering.result.routes.count })
        whole.result.facts.reserveCapacity(whole.result.routes.capacity)
        for piece in pieces {
            whole.take(piece.lowering, constraints: constraints.take(piece.library, since: origin))
        }
        var result = whole.result
        KongLowering.spread(&result.routes, &result.facts)
        diagnostics += whole.diagnostics + whole.resolution.diagnostics
        diagnostics += LimitChecks.condensed(whole.checks.diagnostics)
        return result
    }
}

extension RouteLowering {
    /// Takes over the routes of a piece, and what has to be counted or told over all of them.
    ///
    /// - Parameter numbers: of constraints, by what they are in the piece.
    fileprivate mutating func take(_ piece: RouteLowering, constraints numbers: [Int]) {
        diagnostics += piece.diagnostics + piece.resolution.diagnostics
        // Several pieces may look at the same policy.
        for diagnostic in piece.checks.diagnostics { checks.report(diagnostic) }
        methods.take(piece.methods, into: &diagnostics)
        conditions.take(piece.conditions, into: &diagnostics)
        let groups = result.audiences.take(piece.result.audiences)
        let chains = piece.result.chains.chains.map { result.chains.index(of: $0.withGroups(groups)) }
        let first = result.routes.count
        result.routes += piece.result.routes
        for index in first..<result.routes.count { result.routes[index].chain = chains[result.routes[index].chain] }
        result.facts += piece.result.facts
        if !numbers.elementsEqual(numbers.indices) {
            for index in first..<result.facts.count where !result.facts[index].constraints.isEmpty {
                result.facts[index].constraints = result.facts[index].constraints.map { numbers[$0] }
            }
        }
        if !piece.result.isWhole { result.isWhole = false }
        result.brokenVersions.formUnion(piece.result.brokenVersions)
        result.usedUpstreams.formUnion(piece.result.usedUpstreams)
        result.usedPolicies.formUnion(piece.resolution.usedPolicies)
    }
}

extension Chain {
    /// With the numbers of groups in place of what has stood for them.
    fileprivate func withGroups(_ numbers: [Int: Int]) -> Chain {
        guard !numbers.isEmpty else { return self }
        var result = self
        for index in steps.indices {
            switch steps[index].plugin {
            case .acl(.allow(let groups)):
                result.steps[index].plugin = .acl(.allow(groups.map { numbers[$0] ?? $0 }))
            case .acl(.audience(let group)):
                result.steps[index].plugin = .acl(.audience(numbers[group] ?? group))
            default: continue
            }
        }
        return result
    }
}
