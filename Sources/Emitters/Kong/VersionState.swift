internal import GatewayIR
internal import GatewayTable

extension Version {
    /// Where the version stands at an instant, by the same rules as a table's (`TableView.state(ofVersion:at:)`).
    func state(at instant: Instant) -> LifecycleState {
        if instant < lifecycle.released { return .planned }
        if let retired = lifecycle.retired, instant >= retired { return .retired }
        if let sunset = lifecycle.sunset, instant >= sunset { return .sunset }
        guard let deprecated = lifecycle.deprecated, instant >= deprecated else { return .active }
        return lifecycle.brownouts.contains { $0.from <= instant && instant < $0.until } ? .brownout : .deprecated
    }

    /// Whether answers say something of its end.
    func announces(at instant: Instant) -> Bool {
        switch state(at: instant) {
        case .planned, .retired: false
        case .active: instant >= lifecycle.announced ?? .min
        case .deprecated, .brownout, .sunset: true
        }
    }
}
