package import GatewayIR
package import GatewayTable

extension Lifecycle {
    /// In which state a version is at an instant, by the same rules as a table (`TableView.state(ofVersion:at:)`).
    package func state(at instant: Instant) -> LifecycleState {
        if instant < released { return .planned }
        if let retired, instant >= retired { return .retired }
        if let sunset, instant >= sunset { return .sunset }
        guard let deprecated, instant >= deprecated else { return .active }
        return brownouts.contains { $0.from <= instant && instant < $0.until } ? .brownout : .deprecated
    }

    /// Whether answers say something of the version's end.
    func announces(at instant: Instant) -> Bool {
        switch state(at: instant) {
        case .planned, .retired: false
        case .active: instant >= announced ?? .min
        case .deprecated, .brownout, .sunset: true
        }
    }
}
