/// Notices when files change: editors write them in place, or rename a new one over them, so the files themselves are
/// looked at, a few times a second.
struct FileWatch {
    private struct Stamp: Equatable {
        var inode: UInt64
        var byteCount: Int
        var modified: Int64
    }

    private var paths: [String]
    private var stamps: [Stamp?]
    private var seen: [Stamp?]

    init(_ paths: [String]) {
        self.paths = paths
        stamps = paths.map(Self.stamp)
        seen = stamps
    }

    /// Watches these files from now on, if they are others: a spec may have got another member.
    mutating func follow(_ paths: [String]) {
        guard paths != self.paths else { return }
        // What changed since it was read is still to be noticed.
        let known = Dictionary(zip(self.paths, stamps), uniquingKeysWith: { first, _ in first })
        stamps = paths.map { known[$0] ?? Self.stamp($0) }
        seen = stamps
        self.paths = paths
    }

    /// Whether anything changed since this was last true, and has come to rest: a file that is gone for a moment, or
    /// still being written, is not a change yet.
    mutating func hasChanged() -> Bool {
        let now = paths.map(Self.stamp)
        defer { seen = now }
        let isGone = zip(now, stamps).contains { $0 == nil && $1 != nil }
        guard now != stamps, now == seen, !isGone else { return false }
        stamps = now
        return true
    }

    private static func stamp(_ path: String) -> Stamp? {
        FileFacts(path).map { Stamp(inode: $0.inode, byteCount: $0.byteCount, modified: $0.modified) }
    }
}
