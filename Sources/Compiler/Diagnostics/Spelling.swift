/// Finds what somebody meant to write.
package enum Spelling {
    /// The nearest of some names, if it is near enough to be a slip: a third of the letters, at least one. Of equally
    /// near ones the first.
    package static func suggestion(for word: String, among names: some Sequence<String>) -> String? {
        let letters = fold(word)
        guard (1...64).contains(letters.count) else { return nil }
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = fold(name)
            let limit = min((max(letters.count, candidate.count) + 1) / 3, (best?.distance ?? .max) - 1)
            guard abs(candidate.count - letters.count) <= limit else { continue }
            let distance = distance(letters, candidate)
            if distance <= limit { best = (name, distance) }
        }
        return best?.name
    }

    /// Case and the kind of dash are no difference worth counting.
    private static func fold(_ word: String) -> [UInt8] {
        word.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            case UInt8(ascii: "_"), UInt8(ascii: " "): UInt8(ascii: "-")
            default: byte
            }
        }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            row.reserveCapacity(right.count + 1)
            for j in right.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
