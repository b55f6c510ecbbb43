internal import GatewayIR

/// The checks that look at all routes together. They change nothing of the gateway and need nothing of each other.
struct WholeChecks: Sendable {
    let document: SpecDocument
    let linkage: Linkage
    let completeness: Completeness
    let versions: LoweredVersions
    let mounts: [Mount]
    let routes: LoweredRoutes
    let constraints: ConstraintLibrary

    /// - Parameter others: work that is done at the same time.
    func run(by crew: WorkCrew, beside others: [@Sendable () -> Void]) -> [Diagnostic] {
        let checks: [@Sendable () -> [Diagnostic]] = [checkConflicts, checkSuccessors, checkGovernance]
        // What stands first begins first.
        let results = crew.results(others.count + checks.count) { index -> [Diagnostic] in
            guard index < others.count else { return checks[index - others.count]() }
            others[index]()
            return []
        }
        return results.flatMap { $0 }
    }

    /// Members that get into each other's way, then routes that do.
    private func checkConflicts() -> [Diagnostic] {
        var diagnostics: [Diagnostic] = []
        var constraints = constraints
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
        return diagnostics
    }

    private func checkSuccessors() -> [Diagnostic] {
        var diagnostics: [Diagnostic] = []
        SuccessorOperations.check(
            document,
            completeness: completeness,
            versions: versions,
            routes: routes,
            constraints: constraints,
            into: &diagnostics
        )
        return diagnostics
    }

    private func checkGovernance() -> [Diagnostic] {
        var diagnostics: [Diagnostic] = []
        var constraints = constraints
        Governance.check(
            document,
            completeness: completeness,
            versions: versions,
            routes: routes,
            constraints: &constraints,
            into: &diagnostics
        )
        return diagnostics
    }
}
