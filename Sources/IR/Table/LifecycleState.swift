/// Where a version stands at an instant.
package enum LifecycleState: UInt8, CaseIterable, Sendable {
    /// Before its release: as if it were not there, except for a preview.
    case planned
    case active
    /// Served, with headers that say until when.
    case deprecated
    /// In a window in which it is refused on purpose.
    case brownout
    /// Gone, and said so.
    case sunset
    /// As if it had never been.
    case retired

    package var name: StaticString {
        switch self {
        case .planned: "planned"
        case .active: "active"
        case .deprecated: "deprecated"
        case .brownout: "brownout"
        case .sunset: "sunset"
        case .retired: "retired"
        }
    }
}

extension TableView {
    /// The state of a version at an instant: a function of its dates and nothing else.
    ///
    /// - Parameters:
    ///   - index: of the version.
    ///   - instant: seconds since 1970.
    /// - Returns: the state and, in a brownout, the index of its window; `TableLayout.none` otherwise.
    package func state(ofVersion index: UInt32, at instant: Int64) -> (state: LifecycleState, brownout: UInt32) {
        let version = versions[index]
        if instant < version.released { return (.planned, TableLayout.none) }
        if instant >= version.retired { return (.retired, TableLayout.none) }
        if instant >= version.sunset { return (.sunset, TableLayout.none) }
        if instant < version.deprecated { return (.active, TableLayout.none) }
        let windows = version.brownouts
        for window in windows.first..<windows.first + windows.count
        where brownouts[window].from <= instant && instant < brownouts[window].until {
            return (.brownout, window)
        }
        return (.deprecated, TableLayout.none)
    }

    /// Whether answers of a version carry its `headerLines` at an instant: while it is deprecated, browned out or
    /// sunset, and while it is active from its announcement on.
    package func announces(version index: UInt32, at instant: Int64) -> Bool {
        switch state(ofVersion: index, at: instant).state {
        case .planned, .retired: false
        case .active: instant >= versions[index].announced
        case .deprecated, .brownout, .sunset: true
        }
    }

    /// The next instant after `instant` at which a version's state or its announcement may change; `TableLayout.never`
    /// if there is none. Until then, an answer that was computed at `instant` holds.
    package func nextChange(ofVersion index: UInt32, after instant: Int64) -> Int64 {
        let version = versions[index]
        var next = TableLayout.never
        for date in [version.released, version.deprecated, version.sunset, version.retired, version.announced]
        where date > instant {
            next = min(next, date)
        }
        let windows = version.brownouts
        for window in windows.first..<windows.first + windows.count {
            let window = brownouts[window]
            if window.from > instant { next = min(next, window.from) }
            if window.until > instant { next = min(next, window.until) }
        }
        return next
    }
}
