internal import GatewayTable

// fault: requests that are held up. The exchange puts its request aside as one does that asks another server, but asks
// nobody: it waits for the wheel of timers, and costs its worker nothing meanwhile.

extension Worker {
    /// Whether a fault hits the request in `head`.
    mutating func isHit(_ fields: FieldsView, by fault: FaultRecord, share: UInt32, _ view: TableView) -> Bool {
        guard instant >= fault.from, instant < fault.until else { return false }
        if fault.header.count > 0, fields.firstIndex(ofName: Bytes(view.bytes(fault.header))) == nil { return false }
        return chance.next(below: Share.whole) < share
    }

    /// Suspends the exchange's program behind an instruction for a while.
    ///
    /// - Precondition: the request's head is the one that was parsed last.
    mutating func delay(_ x: Int32, milliseconds: UInt32, counter: UInt32, isHidden: Bool) {
        putAside(x)
        consultations[x].counter = counter
        consultations[x].isHidden = isHidden
        exchanges[x].state = .delayed
        arm(exchanges[x].client, .answer, after: milliseconds)
    }

    /// The time is over.
    mutating func endDelay(_ x: Int32) {
        takeUp(x)
        guard restoreHead(x) else { return refuse(x, .malformed) }
        resumeProgram(x)
    }
}
