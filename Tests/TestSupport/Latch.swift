internal import Foundation

/// A value that one thread sets and others wait for.
package final class Latch<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value?

    package init() {}

    package func set(_ value: Value) {
        condition.lock()
        self.value = value
        condition.broadcast()
        condition.unlock()
    }

    /// The value, or `nil` if it is not set within so many seconds.
    package func wait(_ seconds: Double) -> Value? {
        let end = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while value == nil, condition.wait(until: end) {}
        return value
    }
}

/// A count that several threads change.
package final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    package init() {}

    package func add(_ amount: Int) { lock.withLock { count += amount } }
    package var value: Int { lock.withLock { count } }

    /// The count once it has not changed for a while.
    package func settled(quietSeconds: Double = 0.4) -> Int {
        var last = value
        var quiet = 0.0
        while quiet < quietSeconds {
            usleep(50_000)
            quiet += 0.05
            if value != last { (last, quiet) = (value, 0) }
        }
        return last
    }
}
