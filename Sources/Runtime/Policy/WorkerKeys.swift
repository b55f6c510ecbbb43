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

    /// Which of a canary's upstreams the request goes to, or the route's own. Who goes to one still does when its share
    /// has grown.
    mutating func piece(
        of canary: CanaryRecord,
        _ x: Int32,
        _ fields: FieldsView,
        _ view: TableView
    ) -> CanaryPieceRecord {
        let pieces = view.pieces(of: canary, at: instant)
        guard pieces.count > 0 else { return CanaryPieceRecord() }
        // Whoever asks: nobody's key has to be looked for.
        if pieces.count == 1 { return view.canaryPieces[pieces.first] }
        let key = limitKey(x, canary.identity, canary.keyKind, canary.keyName, fields, view)
        let place = key.map(Share.place) ?? chance.next(below: Share.whole)
        var index = pieces.first
        // The last one's end is behind every place.
        while view.canaryPieces[index].end <= place { index += 1 }
        return view.canaryPieces[index]
    }
}

/// Shares of all requests, in millionths.
enum Share {
    static let whole: UInt32 = 1_000_000

    /// Where a hash lies among a million places of equal size.
    static func place(_ hash: UInt64) -> UInt32 { UInt32(((hash >> 32) &* UInt64(whole)) >> 32) }
}

extension TableView {
    /// Which requests a canary's upstreams get at an instant; none before its first step.
    func pieces(of canary: CanaryRecord, at instant: Int64) -> RangeRecord {
        var pieces = RangeRecord()
        for index in canary.steps.first..<canary.steps.first + canary.steps.count {
            guard canarySteps[index].from <= instant else { break }
            pieces = canarySteps[index].pieces
        }
        return pieces
    }
}

extension CanaryPieceRecord {
    /// - Parameter captures: of all branches, as `proxySplit` has them.
    /// - Returns: one more than the capture that the upstream hashes, or 0.
    func hashedCapture(_ captures: UInt32) -> UInt8 {
        let shift = branch &* InstructionFlag.branchCaptureBits
        return UInt8(truncatingIfNeeded: captures >> shift & InstructionFlag.branchCaptureMask)
    }
}
