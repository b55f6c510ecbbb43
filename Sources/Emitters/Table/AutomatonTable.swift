internal import GatewayIR
internal import GatewayTable

/// Automata of constraints and plugins, each distinct language of a source text once. They are numbered before anything
/// else is made of the routes, so that what is made at the same time agrees on the numbers.
struct AutomatonTable: Sendable {
    private(set) var records: [AutomatonRecord] = []
    private(set) var bytes: [UInt8] = []
    /// By source; only ever asked for a value. Equal sources have equal automata.
    private var known: [String: UInt32] = [:]
    private var last: String?

    /// All of a gateway: those of mounts, then those of each route's path and chain.
    init(_ gateway: Gateway) {
        for mount in gateway.mounts { add(mount.prefix) }
        let chains = gateway.chains.map(\.automata)
        var lastChain = -1
        let routes = gateway.routes
        for index in routes.indices {
            if case .regex(let automaton, _)? = routes[index].kong?.path {
                add(automaton)
            } else {
                add(routes[index].path)
            }
            guard routes[index].chain != lastChain else { continue }
            lastChain = routes[index].chain
            for automaton in chains[lastChain] { add(automaton) }
        }
    }

    /// The number of one of the gateway's automata.
    func number(of automaton: Automaton) -> UInt32 {
        guard let number = known[automaton.source] else { preconditionFailure("every automaton was collected") }
        return number
    }

    private mutating func add(_ path: PathPattern) {
        for index in path.segments.indices {
            guard case .constrained(_, let automaton) = path.segments[index] else { continue }
            add(automaton)
        }
    }

    private mutating func add(_ automaton: Automaton) {
        // Neighbours mostly have the same.
        guard automaton.source != last else { return }
        last = automaton.source
        guard known[automaton.source] == nil else { return }
        precondition(automaton.classes.count == 256 && automaton.stateCount > 0, "an automaton is complete")
        precondition(automaton.stateCount <= TableLayout.automatonStateCountMax, "an automaton is bounded")
        var record = AutomatonRecord()
        record.stateCount = UInt16(automaton.stateCount)
        record.classCount = UInt16(automaton.classCount)
        record.transitionsOffset = UInt32(bytes.count)
        for state in automaton.transitions { bytes += [UInt8(truncatingIfNeeded: state), UInt8(state >> 8)] }
        record.classesOffset = UInt32(bytes.count)
        bytes += automaton.classes
        record.acceptingOffset = UInt32(bytes.count)
        bytes += automaton.accepting.map { $0 ? 1 : 0 }
        // The next one's transitions are aligned again.
        if bytes.count % 2 == 1 { bytes.append(0) }
        known[automaton.source] = UInt32(records.count)
        records.append(record)
    }
}

extension Chain {
    /// Those of its plugins, in the order of its program.
    fileprivate var automata: [Automaton] {
        steps.flatMap { step -> [Automaton] in
            guard case .botDetection(let settings) = step.plugin else { return [] }
            return [settings.allow, settings.deny].compactMap { $0?.automaton }
        }
    }
}
