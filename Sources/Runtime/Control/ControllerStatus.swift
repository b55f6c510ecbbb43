internal import CPlatform
internal import Digests
internal import GatewayTable
internal import Glibc

// What the control loop says of itself: on the status port, and when it starts.
extension Controller {
    var phase: ProcessPhase {
        guard drain.isServing else { return .draining }
        guard workers.servingNumber > 0 else { return .starting }
        return pulls.level == .expired ? .stale : .serving
    }

    mutating func serveStatus(_ ready: ArraySlice<pollfd>, now: Int64) {
        for (descriptor, question) in status.receive(ready, now: now) {
            switch question {
            case .page(let page): status.answer(descriptor, answer(page, now: now), now: now)
            case .purge(let path): status.answer(descriptor, purge(path), now: now)
            }
        }
    }

    private mutating func purge(_ path: [UInt8]?) -> StatusAnswer {
        if let path, !purges.mark(path: path, now: apic_microseconds()) {
            return StatusAnswer(status: 400, text: "the path is not in its normal form")
        }
        if path == nil { purges.markAll(now: apic_microseconds()) }
        log.info("stored answers were purged", ["path": path.map { String(decoding: $0, as: UTF8.self) } ?? "all"])
        return StatusAnswer(status: 200, text: "purged")
    }

    private mutating func answer(_ page: StatusRequest.Page, now: Int64) -> StatusAnswer {
        switch page {
        case .live: return StatusAnswer(status: 200, text: "live")
        case .ready:
            let phase = phase
            return StatusAnswer(
                status: phase == .serving ? 200 : 503,
                text: phase == .serving ? "ready" : phase.rawValue
            )
        case .status: return gatherFacts(now: now).statusReport(tableDigest: digestOfServed())
        case .metrics: return gatherFacts(now: now).metricsReport()
        }
    }

    /// The newest generation that every worker serves.
    private var servedByAll: Generation {
        let number = workers.servingNumber
        return retired.first { $0.number == number } ?? current
    }

    /// SHA-256 of the table that every worker serves, computed when somebody asks for the first time.
    private mutating func digestOfServed() -> String {
        let generation = servedByAll
        if let known = knownDigest, known.number == generation.number { return known.text }
        let text = generation.table.fileDigest.hex
        knownDigest = (generation.number, text)
        return text
    }

    private func gatherFacts(now: Int64) -> StatusFacts {
        StatusFacts(
            phase: phase,
            generation: servedByAll,
            generationCount: 1 + retired.count + (staged == nil ? 0 : 1),
            bundle: options.bundle,
            node: options.node,
            standing: node,
            listeners: listeners.map(\.endpoint.text),
            startInstant: startInstant,
            uptimeMilliseconds: now - startMilliseconds,
            clockOffset: clockOffset,
            realInstant: Clock.realSeconds,
            reloads: reloads,
            source: options.source,
            pulls: pulls,
            seal: floor.seal,
            seriesNames: loader.seriesNames,
            targets: resolver.reports.sorted { $0.key < $1.key },
            health: health.reports,
            keySources: keyFetcher.reports,
            sharing: sharer.report,
            workers: workers.links.map(\.metrics),
            logLinesDroppedCount: accessLog.droppedCount
        )
    }

    func sayServing() {
        if clockOffset != 0 {
            log.warning(
                "the lifecycle's clock is offset for a rehearsal",
                ["now": CalendarTime(Clock.realSeconds + clockOffset).rfc3339, "offset-seconds": String(clockOffset)]
            )
        }
        log.info(
            "serving",
            [
                "bundle": options.bundle,
                "routes": String(current.view.routes.count),
                "http": listeners.filter { !$0.isSecure }.map(\.endpoint.text).joined(separator: " "),
                "https": listeners.filter(\.isSecure).map(\.endpoint.text).joined(separator: " "),
                "status": statusEndpoint.text,
                "workers": String(workers.links.count),
                "milliseconds": String(Clock.monotonicMilliseconds - startMilliseconds),
            ]
        )
    }
}
