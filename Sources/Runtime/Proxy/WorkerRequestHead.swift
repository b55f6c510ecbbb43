internal import GatewayTable

// What the upstream gets: the request line, the fields that are carried along, and the gateway's own.

extension Worker {
    /// Writes the head of the request in `head` for the upstream. The `Host` line stands second; `setHostLine` fills
    /// it.
    ///
    /// - Returns: whether it fits.
    mutating func writeUpstreamHead(_ x: Int32, into block: Block) -> Bool {
        let view = exchanges[x].table.view
        let client = exchanges[x].client
        var output = ByteWriter(block)
        output.append(head.method)
        output.append(byte: ASCII.space)
        appendTarget(x, view, to: &output)
        output.append(" HTTP/1.1\r\n")
        exchanges[x].hostLineStart = Int32(output.count)
        exchanges[x].hostLineCount = 0
        if exchanges[x].preservesHost {
            output.append("Host: ")
            output.append(head.authority)
            output.append("\r\n")
        }
        dropInbound(x, view)
        head.table.appendKept(of: head.message, to: &output)
        appendRemainingCookies(to: &output)
        appendForwarding(x, client, to: &output)
        appendIdentity(x, view, to: &output)
        appendTrace(x, to: &output)
        appendClaims(x, view, to: &output)
        if exchanges[x].consultation == .done { appendVerdict(x, to: &output) }
        appendEdits(edits.headerEdits, x, view, to: &output)
        appendConditions(x, to: &output)
        exchanges[x].edits = edits.headerEdits
        switch exchanges[x].body.framing {
        case .length:
            output.append("Content-Length: ")
            output.append(decimal: exchanges[x].body.remaining)
            output.append("\r\n")
        case .chunked, .untilClose: output.append("Transfer-Encoding: chunked\r\n")
        case .none: break
        }
        if head.takesTrailers {
            output.append(exchanges[x].upgradeCount > 0 ? "TE: trailers\r\n" : "Connection: TE\r\nTE: trailers\r\n")
        }
        if exchanges[x].upgradeCount > 0 {
            output.append(head.takesTrailers ? "Connection: TE, upgrade" : "Connection: upgrade")
            output.append("\r\nUpgrade: ")
            UpgradeProtocols.appendPassed(of: head.upgrade, to: &output)
            output.append("\r\n")
        }
        output.append("\r\n")
        return endUpstreamHead(x, output)
    }

    /// Notes how much of the output is for the upstream.
    ///
    /// - Returns: whether it fits, with room for the longest `Host` line that another target may need.
    mutating func endUpstreamHead(_ x: Int32, _ output: ByteWriter) -> Bool {
        exchanges[x].upstreamHeadCount = Int32(output.count)
        return !output.isOverfull && output.room > Limits.hostBytesMax + 16
    }

    /// Puts the target's `Host` line in its place, unless the client's stands there.
    mutating func setHostLine(_ x: Int32, _ block: Block, _ target: UInt32) {
        guard !exchanges[x].preservesHost else { return }
        let view = exchanges[x].table.view
        let authority = Bytes(view.bytes(view.targets[target].authority))
        let start = Int(exchanges[x].hostLineStart)
        let old = Int(exchanges[x].hostLineCount)
        let new = authority.count + 8
        let end = Int(exchanges[x].upstreamHeadCount)
        if new != old { block.move(from: start + old, to: start + new, count: end - start - old) }
        var writer = ByteWriter(block, count: start)
        writer.append("Host: ")
        writer.append(authority)
        writer.append("\r\n")
        exchanges[x].hostLineCount = Int32(new)
        exchanges[x].upstreamHeadCount = Int32(end + new - old)
    }

    // MARK: The target

    private mutating func appendTarget(_ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        let path = path(of: x)
        switch edits.pathMode {
        case .whole: output.append(path)
        case .strip:
            let rest = path.from(offset(behind: Int(edits.pathOperand), in: path))
            if rest.isEmpty { output.append("/") } else { output.append(rest) }
        case .rewrite: appendTemplate(edits.pathOperand, x, view, to: &output)
        case .join: appendJoined(path, x, view, to: &output)
        }
        if edits.queryEdits == TableLayout.none {
            appendQuery(to: &output)
        } else {
            appendEditedQuery(x, view, to: &output)
        }
    }

    /// The query, without what was a credential.
    mutating func appendQuery(to output: inout ByteWriter) {
        let query = head.query
        if edits.queryCut.isEmpty {
            output.append(query)
        } else if edits.queryCut.count < query.count - 1 || edits.queryCut.start > 0 {
            output.append(query[0..<edits.queryCut.start])
            output.append(query.from(edits.queryCut.end))
        }
    }

    /// The base of an upstream's service and the path behind it.
    private mutating func appendJoined(_ path: Bytes, _ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        let parts = view.templates[edits.pathOperand]
        let base = Bytes(view.bytes(view.templateParts[parts.first].text))
        let matched = exchanges[x].captureCount > 0 ? Int(exchanges[x].captures[1]) : 0
        let join = unsafe PathJoin(
            base: PathBytes(base: base.base, count: base.count),
            path: PathBytes(base: path.base, count: path.count),
            matchedCount: parts.count > 1 ? matched : nil
        )
        output.append(base[0..<join.baseCount])
        if join.hasSlash { output.append("/") }
        output.append(path.from(join.restStart))
    }

    /// The normalised path, in the client's block.
    mutating func path(of x: Int32) -> Bytes {
        guard let block = sockets[exchanges[x].client].input, exchanges[x].pathCount > 0 else { return Bytes("/") }
        let start = Int(sockets[exchanges[x].client].inputStart) + Int(exchanges[x].pathStart)
        return block.bytes(start, start + Int(exchanges[x].pathCount))
    }

    /// Where a path goes on behind so many segments: at a slash, or at its end.
    private mutating func offset(behind segmentCount: Int, in path: Bytes) -> Int {
        var offset = 0
        for _ in 0..<segmentCount {
            guard offset < path.count else { return path.count }
            offset = path.firstIndex(of: ASCII.slash, from: offset + 1) ?? path.count
        }
        return offset
    }

    /// Text and captures of the route's path.
    mutating func appendTemplate(
        _ index: UInt32,
        _ x: Int32,
        _ view: TableView,
        isParameter: Bool = false,
        to output: inout ByteWriter
    ) {
        let range = view.templates[index]
        let path = path(of: x)
        for part in range.first..<range.first + range.count {
            let record = view.templateParts[part]
            if record.capture == TableLayout.none {
                output.append(Bytes(view.bytes(record.text)))
            } else if record.capture < UInt32(exchanges[x].captureCount) {
                let position = 2 * Int(record.capture)
                let start = Int(exchanges[x].captures[position])
                let capture = path[start..<start + Int(exchanges[x].captures[position + 1])]
                if isParameter { output.append(asParameter: capture) } else { output.append(capture) }
            }
        }
    }

    // MARK: Fields

    /// Marks what the client said and the upstream must not hear: what the gateway says itself.
    private mutating func dropInbound(_ x: Int32, _ view: TableView) {
        if !sockets[exchanges[x].client].isTrustedPeer {
            for index in 0..<head.table.count {
                switch head.table.fields[index].kind {
                case .forwarded, .forwardedFor, .forwardedHost, .forwardedProto, .forwardedOther:
                    head.table.fields[index].isDropped = true
                default: continue
                }
            }
        }
        if edits.requestIDName.count > 0 {
            head.table.dropIgnoringCase(name: Bytes(view.bytes(edits.requestIDName)), in: head.message)
        }
        dropClaimFields(x, view)
        drop(edits.headerEdits, view)
    }

    /// Fields that header edits remove or set anew.
    private mutating func drop(_ index: UInt32, _ view: TableView) {
        guard index != TableLayout.none else { return }
        let record = view.headerEdits[index]
        for field in record.removals.first..<record.removals.first + record.removals.count {
            head.table.drop(name: Bytes(view.bytes(view.headerFields[field].name)), in: head.message)
        }
        for field in record.settings.first..<record.settings.first + record.settings.count {
            head.table.drop(name: Bytes(view.bytes(view.headerFields[field].name)), in: head.message)
        }
    }

    /// The fields that header edits set or add.
    mutating func appendEdits(_ index: UInt32, _ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        guard index != TableLayout.none else { return }
        let record = view.headerEdits[index]
        for field in record.settings.first..<record.settings.first + record.settings.count {
            appendTemplate(view.headerFields[field].line, x, view, to: &output)
        }
        for field in record.additions.first..<record.additions.first + record.additions.count {
            appendTemplate(view.headerFields[field].line, x, view, to: &output)
        }
    }

    /// The cookies beside the one that was a credential.
    private mutating func appendRemainingCookies(to output: inout ByteWriter) {
        guard edits.cookieField >= 0 else { return }
        let value = head.table.value(edits.cookieField, in: head.message)
        var before = value[0..<edits.cookieCut.start].trimmed
        let after = value.from(edits.cookieCut.end).trimmed
        if after.isEmpty, !before.isEmpty, before[before.count - 1] == 0x3B { before = before[0..<before.count - 1] }
        guard !before.isEmpty || !after.isEmpty else { return }
        output.append("Cookie: ")
        output.append(before)
        if !before.isEmpty, !after.isEmpty { output.append(byte: ASCII.space) }
        output.append(after)
        output.append("\r\n")
    }

    /// `X-Forwarded-*`, `Forwarded` (RFC 7239) and `Via` (RFC 9110 section 7.6.3). A trusted peer's own are kept, and
    /// the peer itself is added.
    mutating func appendForwarding(_ x: Int32, _ client: Int32, to output: inout ByteWriter) {
        let peer = peerText(client)
        let address = PeerAddress(high: sockets[client].peer0, low: sockets[client].peer1)
        let isSix = !address.isFour && !address.isUnix
        let isSecure = sockets[client].isSecure
        output.append("X-Forwarded-For: ")
        output.append(peer)
        if sockets[client].isTrustedPeer {
            output.append("\r\n")
            if !has(.forwardedProto) {
                output.append(isSecure ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n")
            }
            if !has(.forwardedHost), !head.authority.isEmpty { appendForwardedHost(to: &output) }
        } else {
            output.append(isSecure ? "\r\nX-Forwarded-Proto: https\r\n" : "\r\nX-Forwarded-Proto: http\r\n")
            if !head.authority.isEmpty { appendForwardedHost(to: &output) }
        }
        output.append(isSix ? "Forwarded: for=\"[" : "Forwarded: for=")
        output.append(peer)
        if !head.authority.isEmpty {
            output.append(isSix ? "]\";proto=http" : ";proto=http")
            output.append(isSecure ? "s;host=\"" : ";host=\"")
            output.append(head.authority)
            output.append("\"\r\n")
        } else {
            output.append(isSix ? "]\";proto=http" : ";proto=http")
            output.append(isSecure ? "s\r\n" : "\r\n")
        }
        output.append(
            exchanges[x].isStream
                ? "Via: 2.0 apic\r\n" : exchanges[x].isOldClient ? "Via: 1.0 apic\r\n" : "Via: 1.1 apic\r\n"
        )
    }

    private mutating func appendForwardedHost(to output: inout ByteWriter) {
        output.append("X-Forwarded-Host: ")
        output.append(head.authority)
        output.append("\r\n")
    }

    private mutating func has(_ kind: FieldKind) -> Bool {
        for index in 0..<head.table.count where head.table.fields[index].kind == kind { return true }
        return false
    }

    /// The request's id, and who calls.
    mutating func appendIdentity(_ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        if edits.requestIDName.count > 0 {
            output.append(Bytes(view.bytes(edits.requestIDName)))
            output.append(": ")
            output.append(requestID(x))
            output.append("\r\n")
        }
        guard exchanges[x].consumer != TableLayout.none else { return }
        let consumer = view.consumers[exchanges[x].consumer]
        output.append("X-Consumer-Username: ")
        output.append(Bytes(view.bytes(consumer.name)))
        if consumer.groupNames.count > 0 {
            output.append("\r\nX-Consumer-Groups: ")
            output.append(Bytes(view.bytes(consumer.groupNames)))
        }
        // The anonymous consumer has none.
        if exchanges[x].credential != TableLayout.none {
            output.append("\r\nX-Credential-Id: ")
            output.append(Bytes(view.bytes(view.credentials[exchanges[x].credential].id)))
        }
        output.append("\r\n")
    }

    /// The client's address as text, in its socket's record.
    mutating func peerText(_ client: Int32) -> Bytes {
        guard let offset = MemoryLayout<Socket>.offset(of: \.peerText) else { return .empty }
        return sockets.bytes(client, offset: offset, count: Int(sockets[client].peerTextCount))
    }

    /// The request's id, in its exchange's record; empty if it has none.
    mutating func requestID(_ x: Int32) -> Bytes {
        guard let offset = MemoryLayout<Exchange>.offset(of: \.requestID) else { return .empty }
        return exchanges.bytes(x, offset: offset, count: Int(exchanges[x].requestIDCount))
    }
}
