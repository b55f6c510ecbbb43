/// How the path of a request and the base path of an upstream's service become one, as Kong's path handling `v0` has
/// it.
package struct PathJoin: Equatable, Sendable {
    /// Bytes of the base that come first.
    package var baseCount: Int
    /// Whether a slash stands between the two.
    package var hasSlash: Bool
    /// From here on the path follows.
    package var restStart: Int

    /// - Parameters:
    ///   - base: begins with a slash.
    ///   - path: normalised.
    ///   - matchedCount: how many bytes of it matched, which are cut off; `nil` if nothing is.
    @inlinable
    package init(base: PathBytes, path: PathBytes, matchedCount: Int?) {
        let baseEnds = base[base.count - 1] == PathBytes.slash
        baseCount = base.count
        hasSlash = false
        guard let matchedCount else {
            // A slash alone adds nothing to a base.
            restStart = baseEnds ? 1 : (path.count == 1 ? path.count : 0)
            return
        }
        let start = PathJoin.withoutDots(path, from: min(matchedCount, path.count))
        restStart = start
        let endsInSlash = path.count > 1 && path[path.count - 1] == PathBytes.slash
        if start == path.count {
            if baseEnds {
                if base.count > 1, !endsInSlash { baseCount -= 1 }
            } else {
                hasSlash = endsInSlash
            }
        } else if path[start] == PathBytes.slash {
            if baseEnds { baseCount -= 1 }
        } else {
            hasSlash = !baseEnds
        }
    }

    /// What is left of a segment whose beginning is cut off may be one that leads elsewhere: `/a` of `/a../b`.
    @inlinable
    package static func withoutDots(_ path: PathBytes, from start: Int) -> Int {
        var end = start
        while end < path.count, end - start < 3, path[end] == UInt8(ascii: ".") { end += 1 }
        guard end - start == 1 || end - start == 2 else { return start }
        if end == path.count { return end }
        return path[end] == PathBytes.slash ? end + 1 : start
    }
}
