/// How a route that was taken over from Kong matches paths: by bytes, with a rank that it was given.
package struct KongMatch: Hashable, Sendable {
    /// Which paths match. What of the path matches is the route's first capture.
    package enum Path: Hashable, Sendable {
        /// Those that begin with these bytes, whatever follows.
        case prefix(String)
        /// Those of which a beginning is in the automaton's language; or, if it is whole, those that are in it.
        indirect case regex(Automaton, isWhole: Bool)
    }

    package var path: Path
    /// Of all such routes that match a request, the one with the greatest rank wins.
    package var rank: UInt64

    package init(path: Path, rank: UInt64) {
        self.path = path
        self.rank = rank
    }

    /// As Kong writes it: `/service` and `~/service/\d+$`; a prefix has a star at its end, since it is no path.
    package var text: String {
        switch path {
        case .prefix(let prefix): prefix + "*"
        case .regex(let automaton, _): "~" + automaton.source
        }
    }

    /// The path of such a route for everybody who knows segments only: any.
    package static var anyPath: PathPattern { PathPattern(segments: [], end: .tail(name: nil)) }
}
