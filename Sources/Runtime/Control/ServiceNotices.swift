internal import CPlatform
internal import Glibc

/// Tells the service manager that started this process how far it is (sd_notify(3)), if it said where it wants to hear
/// it. Nothing depends on whether anybody listens.
package struct ServiceNotices: Sendable {
    /// A path, or behind `@` a name; `nil` if nobody wants to hear anything.
    private let address: String?

    /// - Parameter address: `NOTIFY_SOCKET`; what is neither a path nor a name is of a kind that is not spoken here.
    package init(address: String? = nil) {
        self.address = address.flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    }

    /// This process serves, and is the service's main one: after a takeover that was another.
    func serving() { say("READY=1\nMAINPID=\(getpid())\nSTATUS=serving\n") }

    /// What SIGHUP asked for begins; the manager takes no word for it that is older than its request.
    func reloading() { say("RELOADING=1\nMONOTONIC_USEC=\(apic_microseconds())\nSTATUS=loading the bundle again\n") }

    /// It is over, whatever came of it.
    ///
    /// - Parameter failure: why the bundle was refused.
    func reloaded(failure: String?) {
        let reason = failure.map { $0.split(separator: "\n").joined(separator: " ") }
        say("READY=1\nSTATUS=\(reason.map { "serving; refused another bundle: \($0)" } ?? "serving")\n")
    }

    func stopping() { say("STOPPING=1\nSTATUS=draining\n") }

    private func say(_ text: String) {
        guard let address else { return }
        // Both end with a zero.
        _ = unsafe apic_send_datagram(address, text, UInt64(text.utf8.count))
    }
}
