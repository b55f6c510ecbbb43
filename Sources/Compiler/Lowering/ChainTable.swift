internal import GatewayIR

/// What the analysis asks of a chain again and again.
struct ChainFacts {
    /// Somebody has to show a credential.
    var authenticates = false
    /// The consumer may be known, so that groups mean something.
    var namesConsumers = false
    /// Who has no credential passes as the anonymous consumer.
    private var isOpen = false
    /// Another server decides who passes.
    private var isJudged = false
    /// Nobody passes without a credential, or without a good word of the server that judges.
    var demandsCredential: Bool { authenticates && !isOpen || isJudged }
    var limitsRate = false
    var limitsSize = false
    var answers = false

    init(_ chain: Chain) {
        for step in chain.steps {
            if step.plugin.kind.findsConsumer {
                authenticates = true
                if let settings = step.plugin.tokenSettings, settings.consumerClaim == nil { continue }
                namesConsumers = true
            }
            if case .forwardAuth = step.plugin { isJudged = true }
            if case .authentication(let settings) = step.plugin, settings.anonymous != nil { isOpen = true }
            switch step.plugin.kind.phase {
            case .rateLimit: limitsRate = limitsRate || step.plugin.kind == .rateLimit
            case .sizeLimit: limitsSize = true
            case .answer: answers = true
            case .requestID, .origin, .crossOrigin, .lifecycleGate, .authentication, .authorization, .fault,
                .requestTransform, .cache, .destination, .responseTransform, .lifecycleHeaders:
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
