internal import GatewayIR

/// Whether one request can match two routes whose hosts and paths overlap.
struct RouteCompatibility {
    let routes: [Route]
    let apis: [API]
    let versions: [Version]

    func haveMethodInCommon(_ left: Route, _ right: Route) -> Bool {
        switch (left.methods, right.methods) {
        case (.any, _), (_, .any): true
        case (.listed(let mine), .listed(let theirs)): mine.contains { theirs.contains($0) }
        }
    }

    /// Whether both have the same rank, given that their paths have.
    func rankEqually(_ left: Route, _ right: Route) -> Bool {
        left.methods.isListed == right.methods.isListed
            && min(left.conditions.count, ConditionLowering.countMax)
                == min(right.conditions.count, ConditionLowering.countMax)
    }

    /// Whether a request can meet the conditions of both.
    func conditionsAgree(_ left: Route, _ right: Route) -> Bool {
        left.conditions.allSatisfy { condition in
            right.conditions.allSatisfy { $0.name != condition.name || $0.value == condition.value }
        }
    }

    /// Whether a request can mean the versions of both.
    func versionsAgree(_ left: Route, _ right: Route) -> Bool {
        guard left.version != right.version else { return true }
        let (mine, theirs) = (versions[left.version], versions[right.version])
        guard mine.api != theirs.api else { return false }
        switch (apis[mine.api].selector, apis[theirs.api].selector) {
        case (.header(let name), .header(let other)) where name == other: break
        case (.query(let name), .query(let other)) where name == other: break
        case (.mediaType(let prefix, let suffix), .mediaType(let otherPrefix, let otherSuffix))
        where prefix == otherPrefix && suffix == otherSuffix: break
        default: return true
        }
        return mine.value == theirs.value || isDefault(left.version) && isDefault(right.version)
    }

    func isDefault(_ version: Int) -> Bool { apis[versions[version].api].defaultVersion == version }

    /// Whether one request can match both with equal rank, given that their paths overlap with equal rank.
    func areAmbiguous(_ left: Route, _ right: Route) -> Bool {
        rankEqually(left, right) && canMeet(left, right)
    }

    /// Whether one request can match both, given that their paths overlap.
    func canMeet(_ left: Route, _ right: Route) -> Bool {
        haveMethodInCommon(left, right) && versionsAgree(left, right) && conditionsAgree(left, right)
    }

    /// Whether a request that meets what `inner` asks beside its path and method meets what `outer` asks.
    func admits(_ outer: Route, all inner: Route) -> Bool {
        guard outer.conditions.allSatisfy({ inner.conditions.contains($0) }) else { return false }
        guard outer.version != inner.version else { return true }
        let api = versions[outer.version].api
        guard api != versions[inner.version].api else { return false }
        switch apis[api].selector {
        case .path, .host: return true
        case .header, .query, .mediaType: return false
        }
    }
}

extension MethodSet {
    var isListed: Bool {
        switch self {
        case .listed: true
        case .any: false
        }
    }
}
