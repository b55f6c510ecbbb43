internal import CPlatform
internal import Glibc
internal import Synchronization

/// The thread that writes the access log: all workers' lines, in large pieces, to standard output or a file.
///
/// It alone waits for a slow disk or a stuck pipe; meanwhile rings fill and workers drop lines. A line is never torn by
/// another: a ring's lines go out whole, or, after a failed write, the next one begins on a line of its own.
package final class AccessLogWriter: @unchecked Sendable {
    private struct Orders {
        var path: String?
        var mustReopen = true
        var mustStop = false
    }

    package let sleep: AccessLogSleep
    private let rings: [AccessLogRing]
    private let log: ProcessLog
    private let orders = Mutex(Orders())
    private let hasStopped = Atomic<Bool>(false)
    /// Lines lost to failed writes.
    private let lostCount = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - path: a file, or `nil` for standard output.
    ///   - sleep: the one that the rings were made with.
    package init(path: String?, rings: [AccessLogRing], sleep: AccessLogSleep, log: ProcessLog) {
        self.rings = rings
        self.sleep = sleep
        self.log = log
        orders.withLock { $0.path = path }
    }

    /// Starts the thread. 0, or an error code.
    package func start() -> Int32 {
        Thread.start(name: "access-log") { self.run() }
    }

    /// Lines that no file got: dropped by full rings, or lost to failed writes.
    package var droppedCount: UInt64 {
        rings.reduce(lostCount.load(ordering: .relaxed)) { $0 &+ $1.droppedCount }
    }

    /// Opens the file again, after it was moved away.
    package func reopen() {
        orders.withLock { $0.mustReopen = true }
        sleep.wake()
    }

    /// Writes to another file from now on, if it is another one.
    package func setPath(_ path: String?) {
        let isNew = orders.withLock { orders in
            guard orders.path != path else { return false }
            orders.path = path
            orders.mustReopen = true
            return true
        }
        if isNew { sleep.wake() }
    }

    /// Writes what is there, then ends the thread.
    ///
    /// - Returns: whether it ended within the time.
    package func stop(withinMilliseconds limit: Int64) -> Bool {
        orders.withLock { $0.mustStop = true }
        sleep.wake()
        let end = Clock.monotonicMilliseconds + limit
        while !hasStopped.load(ordering: .acquiring) {
            if Clock.monotonicMilliseconds > end { return false }
            usleep(2_000)
        }
        return true
    }

    // MARK: The thread

    private func run() {
        var output = AccessLogOutput()
        while true {
            let orders = takeOrders()
            if orders.mustReopen { reopen(&output, path: orders.path) }
            let wroteAny = drain(to: &output)
            if wroteAny {
                if !orders.mustStop { sleep.nap() }
            } else if orders.mustStop {
                break
            } else {
                sleep.sleep { self.isIdle }
            }
        }
        output.close()
        hasStopped.store(true, ordering: .releasing)
    }

    private func takeOrders() -> Orders {
        orders.withLock { orders in
            defer { orders.mustReopen = false }
            return orders
        }
    }

    private var isIdle: Bool {
        rings.allSatisfy { unsafe $0.pending.isEmpty } && orders.withLock { !$0.mustReopen && !$0.mustStop }
    }

    private func reopen(_ output: inout AccessLogOutput, path: String?) {
        guard let code = output.open(path) else { return }
        log.error("cannot open the access log", ["path": path ?? "", "reason": systemMessage(code)])
    }

    private func drain(to output: inout AccessLogOutput) -> Bool {
        var wroteAny = false
        for ring in rings {
            // The bytes stay as they are until they are consumed.
            let lines = unsafe ring.pending
            guard !lines.isEmpty else { continue }
            wroteAny = true
            let before = output.failureCode
            let lost = unsafe output.write(lines)
            lostCount.add(lost, ordering: .relaxed)
            ring.consume(lines.count)
            if let code = output.failureCode, before != code {
                log.error("access log lines are being lost", ["reason": systemMessage(code)])
            } else if before != nil, output.failureCode == nil {
                log.info("the access log is being written again")
            }
        }
        return wroteAny
    }
}

/// Where the access log goes at present.
private struct AccessLogOutput {
    private var descriptor = STDOUT_FILENO
    private var isInMidLine = false
    /// Why the last write failed; `nil` after one that did not.
    private(set) var failureCode: Int32?

    /// Opens a file, or standard output. A file that cannot be opened leaves the old one in use.
    ///
    /// - Returns: an error code, or `nil`.
    mutating func open(_ path: String?) -> Int32? {
        var opened = STDOUT_FILENO
        if let path {
            opened = unsafe apic_open_for_appending(path)
            if opened < 0 { return errno }
        }
        close()
        descriptor = opened
        isInMidLine = false
        return nil
    }

    mutating func close() {
        if descriptor > STDERR_FILENO { Glibc.close(descriptor) }
        descriptor = STDOUT_FILENO
    }

    /// Writes whole lines; waits while the output takes nothing, and gives up when it fails.
    ///
    /// - Returns: how many lines were lost.
    mutating func write(_ lines: UnsafeBufferPointer<UInt8>) -> UInt64 {
        if isInMidLine, !put("\n") { return unsafe AccessLogOutput.lineCount(lines) }
        var rest = unsafe lines
        while !rest.isEmpty {
            let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                isInMidLine = unsafe rest[count - 1] != UInt8(ascii: "\n")
                unsafe rest = UnsafeBufferPointer(rebasing: rest[count...])
            } else if errno == EINTR {
                continue
            } else if errno == EAGAIN {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&entry, 1, 1_000)
            } else {
                failureCode = errno
                return unsafe AccessLogOutput.lineCount(rest)
            }
        }
        failureCode = nil
        return 0
    }

    private mutating func put(_ text: StaticString) -> Bool {
        guard unsafe Glibc.write(descriptor, text.utf8Start, text.utf8CodeUnitCount) == text.utf8CodeUnitCount else {
            failureCode = errno
            return false
        }
        isInMidLine = false
        return true
    }

    private static func lineCount(_ lines: UnsafeBufferPointer<UInt8>) -> UInt64 {
        unsafe lines.reduce(into: 0) { $0 += $1 == UInt8(ascii: "\n") ? 1 : 0 }
    }
}
