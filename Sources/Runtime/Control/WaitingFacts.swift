internal import GatewayTable

/// What the status port tells while there is no bundle to serve.
struct WaitingFacts {
    var options: Options
    var source: BundleSource
    var pulls: PullHistory
    /// Why nothing is served.
    var reason: String
    var startInstant: Int64
    var uptimeMilliseconds: Int64

    func answer(_ page: StatusRequest.Page) -> StatusAnswer {
        switch page {
        case .live: return StatusAnswer(status: 200, text: "live")
        case .ready: return StatusAnswer(status: 503, text: "\(ProcessPhase.waiting.rawValue): \(reason)")
        case .status: return report()
        case .metrics: return metrics()
        }
    }

    private func report() -> StatusAnswer {
        var json = JSONWriter()
        json.openObject()
        json.member("node", options.node)
        json.member("phase", ProcessPhase.waiting.rawValue)
        json.member("ready", false)
        json.member("reason", reason)
        json.member("bundle", options.bundle)
        source.put(pulls, into: &json)
        json.member("started", CalendarTime(startInstant).rfc3339)
        json.member("uptime_seconds", uptimeMilliseconds / 1_000)
        json.closeObject()
        return StatusAnswer(status: 200, contentType: "application/json", body: json.bytes + [0x0A])
    }

    private func metrics() -> StatusAnswer {
        var metrics = MetricsWriter()
        pulls.put(into: &metrics)
        metrics.family("apic_ready", .gauge, "1 while the gateway takes requests.")
        metrics.sample("apic_ready", 0)
        metrics.putProcess(startInstant: startInstant)
        return StatusAnswer(status: 200, contentType: MetricsWriter.contentType, body: metrics.bytes)
    }
}
