internal import Glibc

/// What threads wake each other with: nonblocking eventfds (eventfd(2)), as `apic_eventfd` makes them.
///
/// Unsafe operations hold because an eventfd is read and written in eight bytes.
enum Wakeup {
    /// Wakes whoever waits for it now or later.
    static func signal(_ eventfd: Int32) {
        var one: UInt64 = 1
        // A full counter is readable already, so a failed write loses nothing.
        unsafe write(eventfd, &one, 8)
    }

    /// What was signalled until now wakes nobody any more.
    static func clear(_ eventfd: Int32) {
        var count: UInt64 = 0
        unsafe read(eventfd, &count, 8)
    }

    /// Returns when it was signalled, which stays so until it is cleared, or when the time is over.
    ///
    /// - Parameter milliseconds: -1 is for ever.
    static func wait(for eventfd: Int32, milliseconds: Int32) {
        var entry = pollfd(fd: eventfd, events: Int16(POLLIN), revents: 0)
        unsafe poll(&entry, 1, milliseconds)
    }
}
