/// What a lookup asks of a request beside host, path and method. Conformers are structs, so that the lookup is
/// specialised.
@usableFromInline
package protocol RouteProbe {
    /// The version (index into `versions`) that the request selects of an API whose selector is a header, query or
    /// media type; `VersionChoice.unknown` or `.contradictory` otherwise. Asked again for every candidate; the probe
    /// caches.
    mutating func selectedVersion(api: UInt32) -> UInt32
    /// Whether the request carries the header (lower-case name) with exactly this value.
    mutating func hasHeader(_ name: TableBytes, _ value: TableBytes) -> Bool
}

/// What a request says that selects no version.
@usableFromInline
package enum VersionChoice {
    /// It names a version that the API does not have, or names none where there is no default.
    @inlinable package static var unknown: UInt32 { .max }
    /// It names several.
    @inlinable package static var contradictory: UInt32 { .max - 1 }
}

/// What a lookup found; reused from request to request.
@usableFromInline
package struct RouteMatch: Sendable {
    /// `TableLayout.none` if there is none.
    @usableFromInline package var route: UInt32 = TableLayout.none
    /// Where no route matches: the deepest mount on the path, of the most specific host that has one, or
    /// `TableLayout.none`. Where a route matches, its own version says more.
    @usableFromInline package var mount: UInt32 = TableLayout.none
    /// Where no route matches: the methods of those that match all but the method.
    @usableFromInline package var allowedMethods: UInt32 = 0
    @usableFromInline package var captureCount: Int = 0
    /// Pairs of offset and count, both in bytes of the path; those of the first `captureCount` captures are set. A tail
    /// begins behind its slash.
    @usableFromInline package var captures = InlineArray<32, UInt16>(repeating: 0)

    @usableFromInline package init() {}

    /// - Parameter index: any; a capture that the route does not have is empty.
    @inlinable
    package func capture(_ index: Int) -> (offset: Int, count: Int) {
        guard index >= 0, index < captureCount else { return (0, 0) }
        return (Int(captures[2 * index]), Int(captures[2 * index + 1]))
    }
}
