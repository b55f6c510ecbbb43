/// What one worker knows of a server: where it can be reached, and its connections.
struct TargetState: BitwiseCopyable {
    static let addressCountMax = 8

    var addresses = InlineArray<8, SocketAddress>(repeating: SocketAddress())
    var addressCount: UInt8 = 0
    /// It failed too often, or does not answer probes.
    var isOut = false
    /// Failures in a row, where targets are judged by their requests.
    var failureCount: UInt16 = 0
    /// When it came back, in microseconds; 0 if it was never out.
    var returned: UInt64 = 0
    /// The address that the next connection goes to.
    var nextAddress: UInt8 = 0
    /// Idle connections, the one used last first; a list through the sockets, -1 if empty.
    var idleHead: Int32 = -1
    var idleCount: UInt32 = 0
    /// All connections that carry HTTP/2, the newest first; a list through the sockets, -1 if empty.
    var carrierHead: Int32 = -1
    /// Connections, idle ones included.
    var openCount: UInt32 = 0
    /// TLS: what the next connection begins with.
    var session: TLSSession?
}

/// The servers that a worker knows, by the process-wide id of a target. It grows when a table brings more than there
/// ever were at one time, never on the request path.
struct TargetDirectory: ~Copyable {
    private var states = Slab<TargetState>(capacity: 64, repeating: TargetState())

    deinit {
        for index in 0..<states.capacity { states[index].session?.free() }
        states.deallocate()
    }

    /// The state of a target. One that is not known yet is made.
    subscript(target: UInt32) -> TargetState {
        get { states[Int(target)] }
        nonmutating _modify { yield &states[Int(target)] }
    }

    /// Makes room for a target.
    mutating func reserve(_ target: UInt32) {
        guard Int(target) >= states.capacity else { return }
        var capacity = states.capacity
        while capacity <= Int(target) { capacity *= 2 }
        let grown = Slab<TargetState>(capacity: capacity, repeating: TargetState())
        for index in 0..<states.capacity { grown[index] = states[index] }
        states.deallocate()
        states = grown
    }

    /// - Precondition: there is no connection to the target.
    mutating func forget(_ target: UInt32) {
        reserve(target)
        assert(states[Int(target)].openCount == 0)
        states[Int(target)].session?.free()
        states[Int(target)] = TargetState()
    }

    mutating func setAddresses(_ entry: TargetAddresses) {
        reserve(entry.target)
        var state = states[Int(entry.target)]
        state.addressCount = UInt8(min(entry.addresses.count, TargetState.addressCountMax))
        for index in 0..<Int(state.addressCount) { state.addresses[index] = entry.addresses[index] }
        state.nextAddress = 0
        states[Int(entry.target)] = state
    }
}
