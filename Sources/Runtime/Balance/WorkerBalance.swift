internal import GatewayTable

// Which target is asked. An upstream with one target has nothing to decide; otherwise the store's trees, chance or a
// hash say whose turn it is, and only if that target was tried before or has no room all others are looked at.

extension Worker {
    /// The next target among those that were not tried, are known by address, and have room for a connection.
    mutating func chooseTarget(_ x: Int32) -> UInt32? {
        let loaded = exchanges[x].table
        let record = upstream(of: x)
        let first = record.targets.first
        if record.targets.count == 1 {
            let target = loaded.targetOfRecord[first]
            targets.reserve(target)
            return hasRoom(target, record) ? first : nil
        }
        let index = exchanges[x].upstreamIndex
        if loaded.balance.upstreams[Int(index)].epoch != standingEpoch { settle(index, loaded) }
        let kind = BalanceKind(rawValue: record.balance) ?? .roundRobin
        let preferred = preferredPosition(x, record, kind)
        if preferred != BalanceStore.nobody, !wasTried(x, preferred),
            hasRoom(loaded.targetOfRecord[first + UInt32(preferred)], record)
        {
            enter(x, record, kind, preferred)
            return first + UInt32(preferred)
        }
        return chooseOther(x, than: preferred)
    }

    @inline(__always)
    private mutating func preferredPosition(_ x: Int32, _ record: UpstreamRecord, _ kind: BalanceKind) -> UInt16 {
        let index = exchanges[x].upstreamIndex
        switch kind {
        case .roundRobin, .leastConnections: return exchanges[x].table.balance.leader(index)
        case .randomTwo:
            return exchanges[x].table.balance.lessBusyOfTwo(index, record.targets, now: now, &chance)
        case .consistentHash:
            // The head is still the one that was parsed last.
            if exchanges[x].hash == 0 { exchanges[x].hash = hashOfKey(x) }
            let loaded = exchanges[x].table
            // Without a key, or where all are beyond their share, it is whose turn it is.
            guard exchanges[x].hash > 1 else { return loaded.balance.leader(index) }
            let owner = loaded.balance.owner(of: exchanges[x].hash, index, loaded.view, now: now)
            return owner == BalanceStore.nobody ? loaded.balance.leader(index) : owner
        }
    }

    @inline(__always)
    private mutating func wasTried(_ x: Int32, _ position: UInt16) -> Bool {
        position < 64 && exchanges[x].triedTargets >> UInt64(position) & 1 != 0
    }

    @inline(__always)
    private mutating func hasRoom(_ target: UInt32, _ record: UpstreamRecord) -> Bool {
        targets[target].addressCount > 0
            && (targets[target].idleHead >= 0 || targets[target].openCount < record.connectionCountMax
                || carrierWithRoom(target) >= 0)
    }

    /// The request goes to this target.
    @inline(__always)
    private mutating func enter(_ x: Int32, _ record: UpstreamRecord, _ kind: BalanceKind, _ position: UInt16) {
        let counts = kind != .roundRobin
        if counts { exchanges[x].duties.insert(.counted) }
        if record.health != TableLayout.none { exchanges[x].duties.insert(.judged) }
        exchanges[x].table.balance.enter(
            exchanges[x].upstreamIndex,
            record.targets,
            position,
            counts: counts,
            kind: kind,
            isTurn: exchanges[x].attemptCount == 1,
            now: now
        )
    }

    /// Whose turn it is was tried or has no room: the one with the least load among the others. Those in use come
    /// first, then those of later priorities and other zones; those that are out only when all others were tried.
    private mutating func chooseOther(_ x: Int32, than preferred: UInt16) -> UInt32? {
        let loaded = exchanges[x].table
        let record = upstream(of: x)
        let kind = BalanceKind(rawValue: record.balance) ?? .roundRobin
        let range = record.targets
        let isRetry = exchanges[x].attemptCount > 1
        var best: UInt32?
        var bestRank = UInt64.max
        for index in range.first..<range.first + range.count where !wasTried(x, UInt16(index - range.first)) {
            let turn = loaded.balance.targets[Int(index)]
            guard hasRoom(loaded.targetOfRecord[index], record), !turn.isOut || turn.isMember || isRetry else {
                continue
            }
            let place: UInt64 = turn.isMember ? 0 : turn.isOut ? 20 : 1 + UInt64(loaded.view.targets[index].priority)
            let busy = UInt64(turn.inFlight) * 100 / UInt64(max(turn.weight, 1))
            let rank = place << 32 | min(busy, 0xFFFF_FFFF)
            if rank > bestRank { continue }
            if rank == bestRank, let best, loaded.balance.targets[Int(best)].pass <= turn.pass { continue }
            (best, bestRank) = (index, rank)
        }
        guard let best else { return nil }
        enter(x, record, kind, UInt16(best - range.first))
        if preferred != BalanceStore.nobody, !wasTried(x, preferred) {
            loaded.balance.skip(exchanges[x].upstreamIndex, range, preferred)
        }
        return best
    }

    /// The exchange asks its target no more.
    @inline(__always)
    mutating func leaveTarget(_ x: Int32) {
        guard exchanges[x].duties.rawValue != 0 else { return }
        settleDuties(x)
    }

    private mutating func settleDuties(_ x: Int32) {
        let duties = exchanges[x].duties
        exchanges[x].duties = TargetDuties()
        let record = upstream(of: x)
        if duties.contains(.counted) {
            exchanges[x].table.balance.leave(
                exchanges[x].upstreamIndex,
                record.targets,
                UInt16(exchanges[x].target - record.targets.first),
                kind: BalanceKind(rawValue: record.balance) ?? .roundRobin,
                now: now
            )
        }
        if duties.contains(.awaited) { callNext(exchanges[x].table, exchanges[x].upstreamIndex) }
    }

    /// Targets went out or came back, or the upstream is used for the first time.
    private mutating func settle(_ index: UInt32, _ loaded: LoadedTableReference) {
        let range = loaded.view.upstreams[index].targets
        for position in range.first..<range.first + range.count {
            let target = loaded.targetOfRecord[position]
            targets.reserve(target)
            loaded.balance.targets[Int(position)].isOut = targets[target].isOut
            loaded.balance.targets[Int(position)].rampStart = targets[target].returned
        }
        loaded.balance.settle(index, loaded.view, zone: loaded.zone, epoch: standingEpoch, now: now, phases: &chance)
    }

    // MARK: Hashes

    /// Of what the upstream hashes; 1 if the request has no such thing.
    mutating func hashOfKey(_ x: Int32) -> UInt64 {
        let view = exchanges[x].table.view
        let record = upstream(of: x)
        let fields = FieldsView(head.table, head.message)
        switch HashKeyKind(rawValue: record.hashKey) {
        case .address, nil:
            let address = clientAddress(x, fields)
            return LiteralHash.fold(address.high ^ LiteralHash.secret, address.low ^ LiteralHash.multiplier) | 1 << 63
        case .consumer:
            guard exchanges[x].consumer != TableLayout.none else { return 1 }
            return hash(Bytes(view.bytes(view.consumers[exchanges[x].consumer].name)))
        case .header:
            guard let index = fields.firstIndex(ofName: Bytes(view.bytes(record.hashName))) else { return 1 }
            return hash(fields.value(index))
        case .cookie: return hash(fields.cookie(Bytes(view.bytes(record.hashName))))
        case .capture:
            let capture = Int(exchanges[x].hashedCapture) - 1
            guard capture >= 0, capture < Int(exchanges[x].captureCount), let block = sockets[exchanges[x].client].input
            else { return 1 }
            let path = Int(sockets[exchanges[x].client].inputStart) + Int(exchanges[x].pathStart)
            let start = path + Int(exchanges[x].captures[2 * capture])
            return hash(block.bytes(start, start + Int(exchanges[x].captures[2 * capture + 1])))
        }
    }

    private mutating func hash(_ key: Bytes) -> UInt64 {
        // The bytes are those of the head or the table, which are valid here.
        key.isEmpty ? 1 : unsafe max(TableView.hash(key.buffer), 2)
    }
}

extension FieldsView {
    /// The first cookie of a name; empty if there is none.
    func cookie(_ name: Bytes) -> Bytes {
        var field = firstIndex(ofName: Bytes("cookie"))
        while let index = field {
            let value = value(index)
            var start = 0
            while start < value.count {
                let end = value.firstIndex(of: 0x3B, from: start) ?? value.count
                let pair = value[start..<end].trimmed
                if pair.count > name.count, pair[name.count] == 0x3D, pair[0..<name.count].equals(name) {
                    return pair.from(name.count + 1)
                }
                start = end + 1
            }
            field = firstIndex(ofName: Bytes("cookie"), from: index + 1)
        }
        return .empty
    }
}
