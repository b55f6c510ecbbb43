import GatewayIR
import TestSupport
import Testing

/// Who is sent where, from step to step.
@Suite("Pieces of a canary")
struct CanaryPieceTests {
    private static let whole = CanarySettings.whole

    /// Settings of some upstreams with any shares at any number of steps.
    private static func settings(_ random: inout SeededRandom) -> CanarySettings {
        let count = Int.random(in: 1...CanarySettings.upstreamCountMax, using: &random)
        let steps = (0..<Int.random(in: 1...12, using: &random)).map { step in
            var left = whole
            let shares = (0..<count).map { _ in
                let share = Bool.random(using: &random) ? 0 : UInt32.random(in: 0...left, using: &random)
                left -= share
                return share
            }
            return CanarySettings.Step(from: Instant(step), shares: shares.shuffled(using: &random))
        }
        return CanarySettings(identity: "x", upstreams: Array(0..<count), steps: steps, key: nil)
    }

    /// The places of an owner, as ranges.
    private static func ranges(_ pieces: [CanaryPiece], of owner: Int?) -> [Range<UInt32>] {
        zip([0] + pieces.map(\.end), pieces).filter { $0.1.upstream == owner }.map { $0.0..<$0.1.end }
    }

    private static func overlap(_ left: [Range<UInt32>], _ right: [Range<UInt32>]) -> UInt32 {
        left.reduce(0) { sum, range in sum + right.reduce(0) { $0 + UInt32($1.clamped(to: range).count) } }
    }

    @Test("every share is exact, and only those change sides who must", arguments: UInt64(0)..<300)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let settings = Self.settings(&random)
        let lines = settings.pieces
        #expect(lines.count == settings.steps.count)
        for (line, step) in zip(lines, settings.steps) {
            #expect(line.last?.end == Self.whole)
            #expect(zip(line, line.dropFirst()).allSatisfy { $0.end < $1.end && $0.upstream != $1.upstream })
            for (upstream, share) in step.shares.enumerated() {
                #expect(Self.ranges(line, of: upstream).reduce(0) { $0 + $1.count } == Int(share))
            }
        }
        for index in lines.indices.dropFirst() {
            for (upstream, share) in settings.steps[index].shares.enumerated() {
                let kept = Self.overlap(
                    Self.ranges(lines[index - 1], of: upstream),
                    Self.ranges(lines[index], of: upstream)
                )
                #expect(kept == min(share, settings.steps[index - 1].shares[upstream]))
            }
        }
    }

    @Test("one upstream has the first places, as many as its share")
    func one() {
        let steps = [10_000, 400_000, 5_000, 0, 1_000_000].map { CanarySettings.Step(shares: [$0]) }
        let lines = CanarySettings(identity: "x", upstreams: [3], steps: steps, key: nil).pieces
        #expect(
            lines.map { $0.map(\.end) } == [
                [10_000, 1_000_000], [400_000, 1_000_000], [5_000, 1_000_000], [1_000_000], [1_000_000],
            ]
        )
        #expect(lines.map { $0[0].upstream } == [0, 0, 0, nil, 0])
    }
}
