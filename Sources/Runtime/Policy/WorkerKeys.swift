internal import GatewayTable

// By what requests are counted, and by what they are sent one way or another.

extension Worker {
    /// The hash of what the request has of a key, which is not 0; `nil` if it has nothing.
    mutating func limitKey(
        _ x: Int32,
        _ seed: UInt64,
        _ kind: UInt32,
        _ name: TextReference,
        _ fields: FieldsView,
        _ view: TableView
    ) -> UInt64? {
        switch RateKeyKind(rawValue: kind) {
        case .consumer:
            guard exchanges[x].consumer != TableLayout.none else {
                return exchanges[x].subject == 0 ? nil : RateStore.mix(seed, exchanges[x].subject)
            }
            return RateStore.hash(Bytes(view.bytes(view.consumers[exchanges[x].consumer].name)), seed)
        case .address:
            let address = clientAddress(x, fields)
            return RateStore.mix(RateStore.mix(seed, address.high), address.low)
        case .header:
            guard let index = fields.firstIndex(ofName: Bytes(view.bytes(name))) else { return nil }
            return RateStore.hash(fields.value(index), seed)
        case .path: return RateStore.hash(path(of: x), seed)
        case .claim:
            let value = claim(x, view.bytes(name))
            return value.isEmpty ? nil : RateStore.hash(value, seed)
        case .all, nil: return nil
        }
    }

    // MARK: concurrency-limit

    /// Counts the request among those in flight, until its exchange is over.
    mutating func enterLimit(_ x: Int32, _ limit: ConcurrencyLimitRecord, _ fields: FieldsView) -> RefusalKind {
        let view = exchanges[x].table.view
        let seed = rates.seed ^ limit.identity
        let key = limitKey(x, seed, limit.keyKind, limit.keyName, fields, view) ?? RateStore.hash(.empty, seed)
        exchanges[x].limitPlace = inFlight.enter(key, limit: limit.limit)
        if exchanges[x].limitPlace >= 0 { return .none }
        metrics.add(.concurrencyLimited)
        return limit.isOfCallers ? .concurrencyLimited : .crowded
    }

    // MARK: canary

    /// Whether the request goes to the canary's upstream. Who goes there still does when the share has grown.
    mutating func isDiverted(_ x: Int32, _ fields: FieldsView, by canary: CanaryRecord, _ view: TableView) -> Bool {
        let share = view.share(of: canary, at: instant)
        // Whoever asks: nobody's key has to be looked for.
        guard share > 0, share < Share.whole else { return share > 0 }
        guard let key = limitKey(x, canary.identity, canary.keyKind, canary.keyName, fields, view) else {
            return chance.next(below: Share.whole) < share
        }
        return Share.holds(share, key)
    }
}

/// Shares of all requests, in millionths.
enum Share {
    static let whole: UInt32 = 1_000_000

    /// Whether a key belongs to the share of its hash's place among all numbers.
    static func holds(_ share: UInt32, _ hash: UInt64) -> Bool {
        ((hash >> 32) &* UInt64(whole)) >> 32 < UInt64(share)
    }
}

extension TableView {
    /// How many requests a canary's upstream gets at an instant, in millionths.
    func share(of canary: CanaryRecord, at instant: Int64) -> UInt32 {
        var share: UInt32 = 0
        for index in canary.steps.first..<canary.steps.first + canary.steps.count {
            guard canarySteps[index].from <= instant else { break }
            share = canarySteps[index].share
        }
        return share
    }
}
