/// Neighbouring keys that are sent the same way, when all keys are laid out along a line of a million places.
package struct CanaryPiece: Hashable, Sendable {
    /// The place behind its last one.
    package var end: UInt32
    /// An index into the upstreams of the canary; `nil` is the route's own upstream.
    package var upstream: Int?
}

extension CanarySettings {
    /// All requests, in millionths.
    package static let whole: UInt32 = 1_000_000

    /// Who is sent where, for each step: pieces that cover the line from its begin to its end.
    ///
    /// From step to step only those are sent another way who must be, for the shares to be what they are: an upstream
    /// whose share grows keeps whom it has and takes from the route's own upstream, one whose share shrinks gives back
    /// those whom it took last.
    package var pieces: [[CanaryPiece]] {
        var line = CanaryLine()
        return steps.map { step in
            for (upstream, share) in step.shares.enumerated() { line.give(back: upstream, downTo: share) }
            for (upstream, share) in step.shares.enumerated() { line.take(for: upstream, upTo: share) }
            return line.pieces
        }
    }
}

/// The line, as runs of one owner each.
private struct CanaryLine {
    private struct Run {
        var length: UInt32
        var owner: Int?
    }

    private var runs = [Run(length: CanarySettings.whole, owner: nil)]

    private func share(of owner: Int) -> UInt32 { runs.reduce(0) { $0 + ($1.owner == owner ? $1.length : 0) } }

    /// From the end of the line on.
    mutating func give(back owner: Int, downTo share: UInt32) {
        var surplus = max(self.share(of: owner), share) - share
        for index in runs.indices.reversed() where surplus > 0 && runs[index].owner == owner {
            let given = min(surplus, runs[index].length)
            runs[index].length -= given
            runs.insert(Run(length: given, owner: nil), at: index + 1)
            surplus -= given
        }
        tidy()
    }

    /// From the begin of the line on.
    mutating func take(for owner: Int, upTo share: UInt32) {
        var missing = share - min(self.share(of: owner), share)
        var index = 0
        while missing > 0, index < runs.count {
            if runs[index].owner == nil {
                let taken = min(missing, runs[index].length)
                runs[index].length -= taken
                runs.insert(Run(length: taken, owner: owner), at: index)
                missing -= taken
                index += 1
            }
            index += 1
        }
        tidy()
    }

    /// No empty runs, and neighbours of one owner as one.
    private mutating func tidy() {
        var tidied: [Run] = []
        for run in runs where run.length > 0 {
            if let last = tidied.last, last.owner == run.owner {
                tidied[tidied.count - 1].length += run.length
            } else {
                tidied.append(run)
            }
        }
        runs = tidied
    }

    var pieces: [CanaryPiece] {
        var end: UInt32 = 0
        return runs.map { run in
            end += run.length
            return CanaryPiece(end: end, upstream: run.owner)
        }
    }
}
