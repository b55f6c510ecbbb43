internal import GatewayTable
internal import Tokens

// What is kept of an exchange when it is over: its counts, and its line in the access log.

extension Worker {
    mutating func record(_ x: Int32) {
        let series = exchanges[x].series
        if exchanges[x].state == .tunneling {
            // Counted when the protocol changed: how long a tunnel stands says nothing of how fast requests are.
            metrics.countBytes(series: series, bytesIn: exchanges[x].bytesIn, bytesOut: exchanges[x].bytesOut)
        } else {
            pause.noteRequest(microseconds: now - exchanges[x].started)
            metrics.countRequest(
                series: series,
                statusClass: UInt32(exchanges[x].status / 100),
                durationMicroseconds: now - exchanges[x].started,
                bytesIn: exchanges[x].bytesIn,
                bytesOut: exchanges[x].bytesOut
            )
        }
        let gateway = exchanges[x].table.view.gateway
        guard gateway.accessLogFields != 0 else { return }
        if gateway.accessLogSamplePerMillion < 1_000_000,
            random.next(below: 1_000_000) >= gateway.accessLogSamplePerMillion
        {
            return
        }
        writeLine(x, gateway.accessLogFields)
    }

    private mutating func clientText(_ x: Int32, in scratch: inout ByteWriter) -> Bytes {
        guard exchanges[x].hasForwardedClient else { return peerText(exchanges[x].client) }
        var text = InlineArray<46, UInt8>(repeating: 0)
        let count = Int(exchanges[x].forwardedClient.write(into: &text))
        let start = scratch.count
        for index in 0..<count { scratch.append(byte: text[index]) }
        return scratch.written.from(start)
    }

    /// The API that an exchange is about, or `none`.
    mutating func api(_ x: Int32) -> UInt32 {
        let version = exchanges[x].version
        return version == TableLayout.none
            ? exchanges[x].unroutedAPI : exchanges[x].table.view.versions[version].api
    }

    private mutating func writeLine(_ x: Int32, _ fields: UInt32) {
        let view = exchanges[x].table.view
        let client = exchanges[x].client
        var scratch = ByteWriter(bodyScratch)
        var line = AccessLogLine()
        line.epochMilliseconds = exchanges[x].startedWall
        line.requestID = requestID(x).tableBytes
        line.client = clientText(x, in: &scratch).tableBytes
        if let block = sockets[client].input, exchanges[x].headCount > 0 {
            let start = Int(sockets[client].inputStart)
            line.method = block.bytes(start, start + Int(exchanges[x].methodCount)).tableBytes
            if exchanges[x].pathCount > 0 { line.path = path(of: x).tableBytes }
        }
        if exchanges[x].route != TableLayout.none {
            let start = scratch.count
            RouteText.append(exchanges[x].route, view, to: &scratch)
            line.route = scratch.written.from(start).tableBytes
        }
        if exchanges[x].trace.isPresent {
            let start = scratch.count
            exchanges[x].trace.appendTrace(to: &scratch)
            line.traceID = scratch.written.from(start).tableBytes
        }
        let api = api(x)
        if api != TableLayout.none { line.api = view.bytes(view.apis[api].name) }
        if exchanges[x].version != TableLayout.none {
            line.version = view.bytes(view.versions[exchanges[x].version].name)
        }
        if exchanges[x].consumer != TableLayout.none {
            line.consumer = view.bytes(view.consumers[exchanges[x].consumer].name)
        }
        if exchanges[x].target != TableLayout.none {
            line.upstream = view.bytes(view.targets[exchanges[x].target].authority)
        }
        line.status = UInt32(exchanges[x].status)
        line.bytesIn = exchanges[x].bytesIn
        line.bytesOut = exchanges[x].bytesOut
        line.durationMicroseconds = now - exchanges[x].started
        if exchanges[x].upstreamStarted > 0 {
            let end = exchanges[x].upstreamEnded > 0 ? exchanges[x].upstreamEnded : now
            line.upstreamDurationMicroseconds = end - exchanges[x].upstreamStarted
        }
        if exchanges[x].refusal != .none {
            line.refusedBy = TableBytes(exchanges[x].refusal.speaker)
            let isToken =
                exchanges[x].tokenFault != .none
                && (exchanges[x].refusal == .unauthenticatedToken
                    || exchanges[x].refusal == .unauthenticatedIntrospection)
            let isSignature =
                exchanges[x].signatureFault != .none && exchanges[x].refusal == .unauthenticatedSignature
            line.reason = TableBytes(
                isToken
                    ? exchanges[x].tokenFault.word
                    : isSignature ? exchanges[x].signatureFault.word : exchanges[x].refusal.type
            )
        }
        line.append(to: log, fields: fields)
    }
}

extension Bytes {
    /// The same bytes for code that knows those of tables.
    var tableBytes: TableBytes { unsafe TableBytes(base: base, count: count) }
}
