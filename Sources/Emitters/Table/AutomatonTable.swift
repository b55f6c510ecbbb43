internal import GatewayIR
internal import GatewayTable

/// Constraint automata, each distinct language of a source text once.
struct AutomatonTable {
    private(set) var records: [AutomatonRecord] = []
    private(set) var bytes: [UInt8] = []
    /// By source; only ever asked for a value. Equal sources have equal automata.
    private var known: [String: UInt32] = [:]

    /// The number of an automaton.
    mutating func add(_ automaton: Automaton) -> UInt32 {
        if let number = known[automaton.source] { return number }
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
        let number = UInt32(records.count)
        records.append(record)
        known[automaton.source] = number
        return number
    }
}
