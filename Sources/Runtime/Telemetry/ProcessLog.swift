internal import CPlatform
internal import GatewayTable
internal import Glibc

/// What happens to the process: a line of JSON per event on standard error. Requests have a log of their own.
package struct ProcessLog: Sendable {
    package enum Level: String, Sendable {
        case info
        case warning
        case error
    }

    private let descriptor: Int32

    /// - Parameter descriptor: where lines go; standard error unless a test says otherwise.
    package init(descriptor: Int32 = STDERR_FILENO) {
        self.descriptor = descriptor
    }

    package func info(_ message: String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.info, message, details)
    }

    package func warning(_ message: String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.warning, message, details)
    }

    package func error(_ message: String, _ details: KeyValuePairs<String, String> = [:]) {
        write(.error, message, details)
    }

    private func write(_ level: Level, _ message: String, _ details: KeyValuePairs<String, String>) {
        var line = JSONWriter()
        line.openObject()
        line.member("time", CalendarTime(Clock.realSeconds).rfc3339)
        line.member("level", level.rawValue)
        line.member("message", message)
        for (key, value) in details { line.member(key, value) }
        line.closeObject()
        let bytes = line.bytes + [UInt8(ascii: "\n")]
        // Whoever reads standard error may have stopped: then a line is lost rather than the gateway held up.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&entry, 1, 0) == 1 else { return }
        unsafe bytes.withUnsafeBytes { _ = unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// The clocks of the control side.
enum Clock {
    /// Seconds since 1970.
    static var realSeconds: Int64 { read(CLOCK_REALTIME) / 1_000 }

    /// Milliseconds since some moment, never going back.
    static var monotonicMilliseconds: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
