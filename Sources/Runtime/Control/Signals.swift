internal import CPlatform
internal import Glibc

/// Signals as something to wait for.
package enum Signals {
    /// Blocks the signals that the control loop handles, in this thread and all that it starts, and ignores SIGPIPE.
    ///
    /// - Returns: a descriptor that tells of each, or -1.
    package static func open() -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let numbers = [SIGHUP, SIGTERM, SIGINT, SIGUSR1]
        return unsafe apic_signalfd(numbers, Int32(numbers.count))
    }

    /// The next signal that came, or `nil`.
    static func next(_ descriptor: Int32) -> Int32? {
        let number = apic_signalfd_next(descriptor)
        return number > 0 ? number : nil
    }
}
