internal import Foundation
internal import Synchronization

/// Says what is being done when it takes longer than a second and a person watches; else nothing.
final class Progress: Sendable {
    private static let quietSeconds = 1.0
    private static let clearLine = "\r\u{1B}[K"

    private struct State {
        var step: String
        var isOver = false
        var isShown = false
    }

    private let state: Mutex<State>

    init(_ step: String) {
        state = Mutex(State(step: step))
        guard Terminal.error.isInteractive else { return }
        Thread.detachNewThread { [self] in show() }
    }

    func step(_ step: String) { state.withLock { $0.step = step } }

    /// Clears what is shown; nothing is shown afterwards.
    func finish() {
        state.withLock { state in
            state.isOver = true
            if state.isShown { Terminal.error.write(Self.clearLine) }
            state.isShown = false
        }
    }

    private func show() {
        let start = ContinuousClock.now
        Thread.sleep(forTimeInterval: Self.quietSeconds)
        var isOver = false
        while !isOver {
            let seconds = (ContinuousClock.now - start).components.seconds
            isOver = state.withLock { state in
                guard !state.isOver else { return true }
                Terminal.error.write("\(Self.clearLine)\(state.step) … \(seconds) s")
                state.isShown = true
                return false
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
    }
}
