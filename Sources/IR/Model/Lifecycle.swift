/// Seconds since 1970-01-01T00:00:00Z.
package typealias Instant = Int64

/// A window in which a deprecated version is refused on purpose.
package struct Brownout: Hashable, Sendable {
    package var from: Instant
    /// The first instant after the window.
    package var until: Instant
    /// 400 to 599; 503 unless the spec says otherwise.
    package var status: UInt16

    package init(from: Instant, until: Instant, status: UInt16 = 503) {
        self.from = from
        self.until = until
        self.status = status
    }
}

/// The dates that decide a version's state at every instant.
package struct Lifecycle: Equatable, Sendable {
    package var released: Instant
    package var deprecated: Instant?
    /// Not before `deprecated`.
    package var sunset: Instant?
    /// From when on an active version announces its deprecation; `nil` is at once.
    package var announced: Instant?
    /// After `sunset`: from here on the version is as if it had never been.
    package var retired: Instant?
    /// Within `deprecated` and `sunset`, ascending, without overlap.
    package var brownouts: [Brownout]

    package init(
        released: Instant,
        deprecated: Instant? = nil,
        sunset: Instant? = nil,
        announced: Instant? = nil,
        retired: Instant? = nil,
        brownouts: [Brownout] = []
    ) {
        self.released = released
        self.deprecated = deprecated
        self.sunset = sunset
        self.announced = announced
        self.retired = retired
        self.brownouts = brownouts
    }
}
