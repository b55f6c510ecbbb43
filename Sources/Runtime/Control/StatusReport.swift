internal import GatewayTable

/// `/status`: what this gateway serves, for people and for tools, as JSON.
extension StatusFacts {
    /// - Parameter tableDigest: SHA-256 of the table's file, in hexadecimal.
    func statusReport(tableDigest: String) -> StatusAnswer {
        var json = JSONWriter()
        json.openObject()
        putProcess(&json, tableDigest: tableDigest)
        putReloads(&json)
        putAPIs(&json)
        putTargets(&json)
        putKeySources(&json)
        putSharing(&json)
        json.closeObject()
        return StatusAnswer(status: 200, contentType: "application/json", body: json.bytes + [0x0A])
    }

    private func putProcess(_ json: inout JSONWriter, tableDigest: String) {
        let view = generation.view
        json.member("gateway", view.string(view.gateway.name))
        json.member("node", node)
        json.member("phase", phase.rawValue)
        json.member("ready", isReady)
        json.member("bundle", bundle)
        json.member("sha256", tableDigest)
        json.key("node_certificate")
        if let identity = standing.identity {
            json.openObject()
            json.member("path", identity.path)
            json.member("fingerprint", BundleStatement.hex(identity.fingerprint))
            json.member("expires", CalendarTime(identity.expiry).rfc3339)
            json.member("serves_until", standing.stopsAt.map { CalendarTime(max($0, 0)).rfc3339 })
            json.closeObject()
        } else {
            json.null()
        }
        if let source {
            source.put(pulls, into: &json)
        } else {
            json.member("source", nil)
        }
        json.key("signature")
        if let seal {
            json.openObject()
            json.member("sequence", seal.sequence)
            json.member("key", BundleStatement.hex(seal.statement.key))
            json.closeObject()
        } else {
            json.null()
        }
        json.member("generation", generation.number)
        json.key("table")
        json.openObject()
        json.member("bytes", UInt64(view.byteCount))
        json.member("routes", UInt64(view.routes.count))
        json.closeObject()
        json.key("listeners")
        json.openArray()
        for listener in listeners { json.string(listener) }
        json.closeArray()
        json.member("workers", UInt64(workers.count))
        json.member("started", CalendarTime(startInstant).rfc3339)
        json.member("uptime_seconds", uptimeMilliseconds / 1_000)
        json.key("clock")
        json.openObject()
        json.member("now", CalendarTime(lifecycleInstant).rfc3339)
        json.member("offset_seconds", clockOffset)
        json.closeObject()
    }

    private func putReloads(_ json: inout JSONWriter) {
        json.key("reloads")
        json.openObject()
        json.member("succeeded", reloads.succeededCount)
        json.member("unchanged", reloads.unchangedCount)
        json.member("refused", reloads.refusedCount)
        json.member("loaded", CalendarTime(reloads.loadedInstant).rfc3339)
        json.key("last_error")
        if let failure = reloads.failure {
            json.openObject()
            json.member("time", CalendarTime(failure.instant).rfc3339)
            json.member("message", failure.message)
            json.closeObject()
        } else {
            json.null()
        }
        json.closeObject()
    }

    private func putAPIs(_ json: inout JSONWriter) {
        let view = generation.view
        json.key("apis")
        json.openArray()
        for index in 0..<UInt32(view.apis.count) {
            let api = view.apis[index]
            json.openObject()
            json.member("name", view.string(api.name))
            json.member("title", view.string(api.title))
            json.member("owner", view.string(api.owner))
            json.key("versions")
            json.openArray()
            for version in api.versions.first..<api.versions.first + api.versions.count { put(version, &json) }
            json.closeArray()
            json.closeObject()
        }
        json.closeArray()
    }

    private func put(_ index: UInt32, _ json: inout JSONWriter) {
        let view = generation.view
        let version = view.versions[index]
        json.openObject()
        json.member("name", view.string(version.name))
        json.member("state", "\(view.state(ofVersion: index, at: lifecycleInstant).state.name)")
        json.member("released", StatusFacts.date(version.released))
        json.member("deprecated", StatusFacts.date(version.deprecated))
        json.member("sunset", StatusFacts.date(version.sunset))
        json.member("retired", StatusFacts.date(version.retired))
        json.key("seconds_to_sunset")
        if version.sunset == TableLayout.never { json.null() } else { json.integer(version.sunset - lifecycleInstant) }
        let successor = version.successor
        json.member("successor", successor == TableLayout.none ? nil : view.string(view.versions[successor].name))
        json.key("brownouts")
        json.openArray()
        for window in version.brownouts.first..<version.brownouts.first + version.brownouts.count {
            json.openObject()
            json.member("from", StatusFacts.date(view.brownouts[window].from))
            json.member("until", StatusFacts.date(view.brownouts[window].until))
            json.closeObject()
        }
        json.closeArray()
        json.closeObject()
    }

    private func putTargets(_ json: inout JSONWriter) {
        json.key("targets")
        json.openArray()
        let watched = Dictionary(uniqueKeysWithValues: health.map { ($0.target, $0) })
        for (id, target) in targets {
            json.openObject()
            json.member("host", target.host)
            json.member("port", UInt64(target.port))
            json.key("addresses")
            json.openArray()
            for address in target.addresses { json.string(address.text) }
            json.closeArray()
            json.member("error", target.failure)
            if let report = watched[id] { put(report, &json) }
            json.closeObject()
        }
        json.closeArray()
    }

    private func putKeySources(_ json: inout JSONWriter) {
        json.key("key_sources")
        json.openArray()
        for source in keySources {
            json.openObject()
            json.member("url", source.url)
            json.member("keys", UInt64(source.keyCount))
            json.member("fetched", source.fetchedInstant > 0 ? CalendarTime(source.fetchedInstant).rfc3339 : nil)
            json.member("error", source.failure)
            json.closeObject()
        }
        json.closeArray()
    }

    /// `nil` for no date, or one before every clock.
    private static func date(_ instant: Int64) -> String? {
        instant == TableLayout.never || instant == TableLayout.always ? nil : CalendarTime(instant).rfc3339
    }
}

extension BundleSource {
    /// The member `source`.
    func put(_ pulls: PullHistory, into json: inout JSONWriter) {
        json.key("source")
        json.openObject()
        json.member("url", url)
        json.member("answered", pulls.answeredInstant == 0 ? nil : CalendarTime(pulls.answeredInstant).rfc3339)
        json.member("confirmed", pulls.confirmedInstant == 0 ? nil : CalendarTime(pulls.confirmedInstant).rfc3339)
        json.member("freshness", "\(pulls.level)")
        json.member("failure", pulls.failure)
        json.closeObject()
    }
}
