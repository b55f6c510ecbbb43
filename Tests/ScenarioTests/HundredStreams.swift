import TestSupport
import Testing

/// A hundred requests at once on one connection of HTTP/2, the first of which is answered last.
struct HundredStreams {
    private let gate = Latch<Bool>()

    /// Answers each request with its target; `/0` when all others have been answered.
    func upstream() throws -> ScriptedUpstream {
        try ScriptedUpstream { [gate] turn in
            if turn.request.target == "/0" { _ = gate.wait(20) }
            try turn.answer(200, [], turn.request.target)
        }
    }

    func play(on frames: FrameWire) throws {
        for index in 0..<100 {
            try frames.send(.headers(UInt32(2 * index + 1), FrameWire.request("GET", "/\(index)")))
        }
        var bodies: [UInt32: String] = [:]
        var order: [UInt32] = []
        while order.count < 100, let frame = try frames.receive() {
            if frame.kind == .data {
                bodies[frame.stream, default: ""] += String(decoding: frame.payload, as: UTF8.self)
            }
            if frame.endsStream { order.append(frame.stream) }
            if order.count == 99 { gate.set(true) }
        }
        #expect(order.last == 1)
        #expect((0..<100).allSatisfy { bodies[UInt32(2 * $0 + 1)] == "/\($0)" })
    }
}
