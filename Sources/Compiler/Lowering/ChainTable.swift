internal import GatewayIR

/// What the analysis asks of a chain again and again.
struct ChainFacts {
    var authenticates = false
    var limitsRate = false
    var limitsSize = false
    var answers = false

    init(_ chain: Chain) {
        for step in chain.steps {
            switch step.plugin.kind.phase {
            case .authentication: authenticates = true
            case .rateLimit: limitsRate = true
            case .sizeLimit: limitsSize = true
            case .answer: answers = true
            case .requestID, .origin, .crossOrigin, .lifecycleGate, .authorization, .requestTransform,
                .responseTransform, .lifecycleHeaders:
                break
            }
        }
    }
}

/// The distinct chains in the order of their first use.
struct ChainTable {
    private(set) var chains: [Chain] = []
    /// One per chain.
    private(set) var facts: [ChainFacts] = []
    private var indices: [Chain: Int] = [:]

    mutating func index(of chain: Chain) -> Int {
        if let index = indices[chain] { return index }
        indices[chain] = chains.count
        chains.append(chain)
        facts.append(ChainFacts(chain))
        return chains.count - 1
    }
}
