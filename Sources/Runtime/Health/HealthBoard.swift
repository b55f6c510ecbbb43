/// All targets that are watched. Its functions decide; threads, locks and sockets are the monitor's.
package struct HealthBoard: Sendable {
    /// A target as it is now, for `/status` and `/metrics`.
    package struct Report: Sendable {
        var target: UInt32
        package var watched: WatchedTarget
        package var health: TargetHealth
    }

    /// A target to be asked.
    struct Job: Sendable {
        var target: UInt32
        var watched: WatchedTarget
        var addresses: [SocketAddress]
    }

    /// A target that went out or came back.
    struct Change: Sendable {
        var standing: TargetStanding
        var watched: WatchedTarget
        var reason: String?
    }

    private struct Entry {
        var watched: WatchedTarget
        var health: TargetHealth
    }

    private var entries: [UInt32: Entry] = [:]
    private var addresses: [UInt32: [SocketAddress]] = [:]
    private var chance: BalanceRandom
    var mustStop = false
    var hasThread = false

    init(seed: UInt64) { chance = BalanceRandom(seed: seed) }

    var isEmpty: Bool { entries.isEmpty }

    /// Ascending by target.
    var reports: [Report] {
        entries.sorted { $0.key < $1.key }
            .map { Report(target: $0.key, watched: $0.value.watched, health: $0.value.health) }
    }

    /// 0 up to 1.
    private mutating func nextChance() -> Double { Double(chance.next() >> 11) / Double(1 << 53) }

    // MARK: What there is

    /// Says which targets there are from now on, by id. Those that stay keep what is known of them.
    mutating func setTargets(_ targets: [UInt32: WatchedTarget], now: Int64, instant: Int64) {
        entries = entries.filter { targets[$0.key] != nil }
        addresses = addresses.filter { targets[$0.key] != nil }
        for (id, watched) in targets.sorted(by: { $0.key < $1.key }) where entries[id] == nil {
            let health = TargetHealth(watched.settings, now: now, instant: instant, chance: nextChance())
            entries[id] = Entry(watched: watched, health: health)
        }
    }

    /// Where a target can be reached; of targets that are not watched nothing is kept.
    mutating func setAddresses(_ changes: [TargetAddresses]) {
        for change in changes where entries[change.target] != nil { addresses[change.target] = change.addresses }
    }

    // MARK: What is to be done

    /// Targets that are due, at most so many, as being asked from now on.
    mutating func takeJobs(now: Int64, countMax: Int) -> [Job] {
        let due = entries.filter { ($0.value.health.nextProbe ?? .max) <= now }
        var jobs: [Job] = []
        for (id, entry) in due.sorted(by: { ($0.value.health.nextProbe ?? 0) < ($1.value.health.nextProbe ?? 0) }) {
            guard jobs.count < countMax else { break }
            entries[id]?.health.beginProbe()
            jobs.append(Job(target: id, watched: entry.watched, addresses: addresses[id] ?? []))
        }
        return jobs
    }

    /// When there is something to do next.
    var deadline: Int64 {
        entries.values.lazy.map { min($0.health.nextProbe ?? .max, $0.health.ejectedUntil ?? .max) }.min() ?? .max
    }

    // MARK: What happens

    /// - Returns: `nil` if nothing follows.
    mutating func endProbe(_ target: UInt32, failure: String?, began: Int64, now: Int64, instant: Int64) -> Change? {
        let chance = nextChance()
        return change(target) {
            $0.health.endProbe(
                failure: failure,
                $0.watched.settings,
                began: began,
                now: now,
                instant: instant,
                chance: chance
            )
        }
    }

    mutating func eject(_ target: UInt32, now: Int64, instant: Int64) -> Change? {
        let chance = nextChance()
        return change(target) { $0.health.eject($0.watched.settings, now: now, instant: instant, chance: chance) }
    }

    mutating func advance(now: Int64, instant: Int64) -> [Change] {
        let due = entries.filter { ($0.value.health.ejectedUntil ?? .max) <= now }
        return due.keys.sorted().compactMap { id in change(id) { $0.health.advance(now: now, instant: instant) } }
    }

    private mutating func change(_ target: UInt32, _ act: (inout Entry) -> Bool) -> Change? {
        guard var entry = entries[target] else { return nil }
        let isNews = act(&entry)
        entries[target] = entry
        guard isNews else { return nil }
        return Change(
            standing: TargetStanding(target: target, isOut: entry.health.isOut),
            watched: entry.watched,
            reason: entry.health.reason
        )
    }
}
