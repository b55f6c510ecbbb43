internal import GatewayTable

/// `/metrics`: counters since the start and the state of every version, for Prometheus.
extension StatusFacts {
    func metricsReport() -> StatusAnswer {
        var metrics = MetricsWriter()
        let totals = seriesTotals()
        putRequests(totals, &metrics)
        putDurations(totals, &metrics)
        putConnections(&metrics)
        putBalancing(&metrics)
        putSecurity(&metrics)
        putSessions(&metrics)
        putRefusals(&metrics)
        putTokens(&metrics)
        putSharing(&metrics)
        putControl(&metrics)
        putLifecycle(&metrics)
        metrics.putProcess(startInstant: startInstant)
        return StatusAnswer(status: 200, contentType: MetricsWriter.contentType, body: metrics.bytes)
    }

    /// Series that have counted anything; the others would only be noise.
    private func seriesTotals() -> [(name: GenerationLoader.SeriesName, totals: SeriesTotals)] {
        seriesNames.enumerated().compactMap { index, name in
            var totals = SeriesTotals()
            for worker in workers { worker.read(series: UInt32(index), into: &totals) }
            return totals.requestCount == 0 ? nil : (name, totals)
        }
    }

    private func putRequests(
        _ series: [(name: GenerationLoader.SeriesName, totals: SeriesTotals)],
        _ metrics: inout MetricsWriter
    ) {
        let classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]
        metrics.family(
            "apic_requests_total",
            .counter,
            "Requests by API, version and class of status; no API where none matched, `none` where the client went away."
        )
        for (name, totals) in series {
            for (statusClass, count) in zip(classes, totals.classes) where count > 0 {
                metrics.sample(
                    "apic_requests_total",
                    ["api": name.api, "version": name.version, "class": statusClass],
                    count
                )
            }
        }
        let received = "apic_request_body_bytes_total"
        metrics.family(received, .counter, "Bytes of request bodies received.")
        for (name, totals) in series {
            metrics.sample(received, ["api": name.api, "version": name.version], totals.bytesIn)
        }
        let sent = "apic_response_body_bytes_total"
        metrics.family(sent, .counter, "Bytes of response bodies sent.")
        for (name, totals) in series {
            metrics.sample(sent, ["api": name.api, "version": name.version], totals.bytesOut)
        }
    }

    private func putDurations(
        _ series: [(name: GenerationLoader.SeriesName, totals: SeriesTotals)],
        _ metrics: inout MetricsWriter
    ) {
        let family = "apic_request_duration_seconds"
        metrics.family(family, .histogram, "From a request's first byte to its answer's last.")
        let bounds = WorkerMetrics.bucketBounds.map { MetricsWriter.seconds(UInt64($0)) } + ["+Inf"]
        for (name, totals) in series {
            var count: UInt64 = 0
            for (bound, bucket) in zip(bounds, totals.buckets) {
                count &+= bucket
                metrics.sample(
                    family + "_bucket",
                    ["api": name.api, "version": name.version, "le": bound],
                    count
                )
            }
            let labels: KeyValuePairs = ["api": name.api, "version": name.version]
            metrics.sample(family + "_sum", labels, microseconds: totals.durationMicroseconds)
            metrics.sample(family + "_count", labels, count)
        }
    }

    private func putConnections(_ metrics: inout MetricsWriter) {
        put(&metrics, "apic_client_connections", .gauge, "Client connections that are open.", .clientsOpen)
        put(&metrics, "apic_client_connections_total", .counter, "Client connections accepted.", .clientsAccepted)
        put(
            &metrics,
            "apic_client_connections_refused_total",
            .counter,
            "Client connections turned away: too many were open.",
            .clientsRefused
        )
        put(
            &metrics,
            "apic_client_connections_refused_by_address_total",
            .counter,
            "Client connections closed at once: their address had too many.",
            .clientsRefusedByAddress
        )
        put(
            &metrics,
            "apic_proxy_headers_refused_total",
            .counter,
            "Client connections closed because they did not begin with a PROXY header.",
            .proxyHeadersRefused
        )
        put(&metrics, "apic_requests_in_flight", .gauge, "Requests in flight.", .requestsInFlight)
        let lag = "apic_event_loop_lag_seconds"
        metrics.family(lag, .gauge, "How long events wait for their turn, in the slowest worker.")
        metrics.sample(lag, microseconds: workers.map { $0.value(.lagMicroseconds) }.max() ?? 0)
        let pause = "apic_wake_pause_seconds"
        metrics.family(pause, .gauge, "How long a resting worker waits for more events, in the one that waits longest.")
        metrics.sample(pause, microseconds: workers.map { $0.value(.wakePauseMicroseconds) }.max() ?? 0)
        put(&metrics, "apic_workers_overloaded", .gauge, "Workers in which the lag is above the mark.", .overloaded)
        put(
            &metrics,
            "apic_tunnels",
            .gauge,
            "Connections that changed their protocol, such as WebSocket.",
            .tunnelsOpen
        )
        put(&metrics, "apic_tunnels_total", .counter, "Changes of protocol.", .tunnelsOpened)
        put(&metrics, "apic_upstream_connections", .gauge, "Connections to upstreams that are open.", .upstreamsOpen)
        put(&metrics, "apic_upstream_connections_idle", .gauge, "Those of them that wait for use.", .upstreamsIdle)
        put(&metrics, "apic_upstream_connections_total", .counter, "Connections to upstreams made.", .upstreamsOpened)
        let failures = "apic_upstream_failures_total"
        metrics.family(failures, .counter, "Upstreams that could not be reached, or did not speak HTTP.")
        metrics.sample(failures, ["kind": "connect"], sum(.upstreamConnectFailures))
        metrics.sample(failures, ["kind": "protocol"], sum(.upstreamProtocolFailures))
        put(&metrics, "apic_upstream_retries_total", .counter, "Attempts after the first.", .retries)
    }

    private func putSecurity(_ metrics: inout MetricsWriter) {
        let handshakes = "apic_tls_handshakes_total"
        metrics.family(handshakes, .counter, "TLS handshakes, by side and by what they came to.")
        let counters: [(side: String, result: String, counter: WorkerCounter)] = [
            ("client", "full", .handshakesFull), ("client", "resumed", .handshakesResumed),
            ("client", "failed", .handshakesFailed), ("upstream", "full", .upstreamHandshakesFull),
            ("upstream", "resumed", .upstreamHandshakesResumed), ("upstream", "failed", .upstreamHandshakesFailed),
        ]
        for (side, result, counter) in counters {
            metrics.sample(handshakes, ["side": side, "result": result], sum(counter))
        }
        let refused = "apic_tls_upstream_certificates_refused_total"
        metrics.family(refused, .counter, "Certificates of upstreams that were not taken.")
        let reasons: KeyValuePairs<String, WorkerCounter> = [
            "expired": .upstreamCertificatesExpired, "misnamed": .upstreamCertificatesMisnamed,
            "untrusted": .upstreamCertificatesUntrusted,
        ]
        for (reason, counter) in reasons { metrics.sample(refused, ["reason": reason], sum(counter)) }
        let expiry = "apic_tls_certificate_expiry_timestamp_seconds"
        metrics.family(expiry, .gauge, "When a certificate of listeners ends, since 1970.")
        for certificate in generation.security.certificates {
            metrics.sample(expiry, ["certificate": certificate.path], certificate.expiry)
        }
    }

    private func putSessions(_ metrics: inout MetricsWriter) {
        put(&metrics, "apic_http2_connections", .gauge, "Connections that speak HTTP/2.", .sessionsOpen)
        put(&metrics, "apic_http2_streams_total", .counter, "Streams opened by clients.", .streamsOpened)
        put(&metrics, "apic_http2_streams_refused_total", .counter, "Streams not taken.", .streamsRefused)
        put(
            &metrics,
            "apic_http2_streams_reset_total",
            .counter,
            "Streams that ended before their answer did: cancelled by the client, or malformed.",
            .streamsReset
        )
        let faults = "apic_http2_faults_total"
        metrics.family(faults, .counter, "HTTP/2 connections ended for what the client sent.")
        let kinds: KeyValuePairs<String, WorkerCounter> = [
            "protocol": .sessionsMalformed, "resets": .sessionsFloodedByResets, "frames": .sessionsFloodedByFrames,
            "fields": .sessionsFloodedByFields,
        ]
        for (kind, counter) in kinds { metrics.sample(faults, ["kind": kind], sum(counter)) }
        put(
            &metrics,
            "apic_upstream_http2_connections",
            .gauge,
            "Connections to upstreams that speak HTTP/2.",
            .upstreamSessionsOpen
        )
        put(
            &metrics,
            "apic_upstream_http2_streams_total",
            .counter,
            "Requests sent on them, further attempts included.",
            .upstreamStreamsOpened
        )
        put(
            &metrics,
            "apic_upstream_http2_faults_total",
            .counter,
            "HTTP/2 connections ended for what the upstream sent.",
            .upstreamSessionsFailed
        )
    }

    private func putRefusals(_ metrics: inout MetricsWriter) {
        let timeouts = "apic_timeouts_total"
        metrics.family(timeouts, .counter, "Waits that ended a request or a connection.")
        let kinds: KeyValuePairs<String, WorkerCounter> = [
            "handshake": .timeoutHandshake, "head": .timeoutHead, "body": .timeoutBody, "idle": .timeoutIdle,
            "write": .timeoutWrite, "connect": .timeoutConnect, "response": .timeoutResponse, "tunnel": .timeoutTunnel,
            "ping": .timeoutPong,
        ]
        for (kind, counter) in kinds { metrics.sample(timeouts, ["kind": kind], sum(counter)) }
        let malformed = "apic_malformed_requests_total"
        metrics.family(malformed, .counter, "Requests that the parser refused, by its answer.")
        let statuses: KeyValuePairs<String, WorkerCounter> = [
            "400": .malformed400, "413": .malformed413, "414": .malformed414, "431": .malformed431,
            "501": .malformed501, "505": .malformed505,
        ]
        for (status, counter) in statuses { metrics.sample(malformed, ["status": status], sum(counter)) }
        let refused = "apic_refused_requests_total"
        metrics.family(refused, .counter, "Requests that the gateway refused, by its reason.")
        let reasons: KeyValuePairs<String, WorkerCounter> = [
            "rate-limit": .rateLimited, "concurrency-limit": .concurrencyLimited, "authentication": .unauthenticated,
            "acl": .forbidden, "ip-restriction": .addressRefused, "bot-detection": .agentRefused,
            "cors": .originRefused,
            "size-limit": .bodyTooLarge, "body": .bodyEditsRefused,
            "overload": .shed, "lag": .shedByLag, "planned": .refusedPlanned,
            "brownout": .refusedBrownout, "sunset": .refusedSunset, "retired": .refusedRetired,
            "no-route": .unrouted, "no-keys": .keysUnavailable, "stale": .refusedStale,
        ]
        for (reason, counter) in reasons { metrics.sample(refused, ["reason": reason], sum(counter)) }
        let asked = "apic_authorizer_answers_total"
        metrics.family(asked, .counter, "What servers said that were asked whether a request may pass.")
        let answers: KeyValuePairs<String, WorkerCounter> = [
            "allowed": .authorizerAllowed, "denied": .authorizerDenied, "failed": .authorizerFailed,
        ]
        for (result, counter) in answers { metrics.sample(asked, ["result": result], sum(counter)) }
        let faults = "apic_faults_total"
        metrics.family(faults, .counter, "Requests that were delayed or answered for a rehearsal.")
        metrics.sample(faults, ["kind": "delay"], sum(.faultsDelayed))
        metrics.sample(faults, ["kind": "abort"], sum(.faultsAborted))
        let hedges = "apic_hedged_requests_total"
        metrics.family(hedges, .counter, "Requests that asked another target, too, by what became of it.")
        metrics.sample(hedges, ["result": "sent"], sum(.hedgesSent))
        metrics.sample(hedges, ["result": "won"], sum(.hedgesWon))
        metrics.sample(hedges, ["result": "refused"], sum(.hedgesRefused))
        let copies = "apic_mirrored_requests_total"
        metrics.family(copies, .counter, "Copies of requests, by what became of them.")
        metrics.sample(copies, ["result": "sent"], sum(.mirrorsSent))
        metrics.sample(copies, ["result": "dropped"], sum(.mirrorsDropped))
        put(&metrics, "apic_mirrored_requests_in_flight", .gauge, "Copies of requests in flight.", .mirrorsOpen)
        put(&metrics, "apic_canary_requests_total", .counter, "Requests that went to a canary's upstream.", .diverted)
        let looked = "apic_cache_requests_total"
        metrics.family(looked, .counter, "Requests for which a stored answer was looked for, by what came of it.")
        metrics.sample(looked, ["result": "hit"], sum(.cacheHits))
        metrics.sample(looked, ["result": "miss"], sum(.cacheMisses))
        metrics.sample(looked, ["result": "bypass"], sum(.cacheBypassed))
        put(&metrics, "apic_cache_stale_total", .counter, "Answers that were given though too old.", .cacheStale)
        put(&metrics, "apic_cache_renewed_total", .counter, "Stored answers that had not changed.", .cacheRenewed)
        put(&metrics, "apic_cache_stored_total", .counter, "Answers that were stored.", .cacheStored)
        put(&metrics, "apic_cache_evicted_total", .counter, "Stored answers that made room.", .cacheEvicted)
        put(&metrics, "apic_cache_answers", .gauge, "Stored answers.", .cacheAnswers)
        put(&metrics, "apic_cache_bytes", .gauge, "Bytes of stored answers.", .cacheBytes)
        let compressed = "apic_compressed_answers_total"
        metrics.family(
            compressed,
            .counter,
            "Answers that could be compressed for their clients, by whether they were."
        )
        metrics.sample(compressed, ["result": "compressed"], sum(.answersCompressed))
        metrics.sample(compressed, ["result": "busy"], sum(.compressionsMissed))
        let squeezed = "apic_compressed_bytes_total"
        metrics.family(squeezed, .counter, "Bytes of bodies before and after they were compressed.")
        metrics.sample(squeezed, ["side": "in"], sum(.compressedBytesIn))
        metrics.sample(squeezed, ["side": "out"], sum(.compressedBytesOut))
    }

    private func putControl(_ metrics: inout MetricsWriter) {
        let reloadFamily = "apic_reloads_total"
        metrics.family(reloadFamily, .counter, "Attempts to load another bundle.")
        metrics.sample(reloadFamily, ["result": "success"], reloads.succeededCount)
        metrics.sample(reloadFamily, ["result": "unchanged"], reloads.unchangedCount)
        metrics.sample(reloadFamily, ["result": "refused"], reloads.refusedCount)
        let refused = "apic_bundles_refused_total"
        metrics.family(refused, .counter, "Bundles that were not loaded, by what was wrong with them.")
        for kind in LoadError.Kind.allCases {
            metrics.sample(refused, ["reason": kind.rawValue], reloads.refusedByKind[kind] ?? 0)
        }
        metrics.family("apic_bundle_sequence", .gauge, "Sequence number of the newest signed bundle; 0 without one.")
        metrics.sample("apic_bundle_sequence", seal?.sequence ?? 0)
        pulls.put(into: &metrics)
        let expiry = "apic_node_certificate_expiry_timestamp_seconds"
        metrics.family(expiry, .gauge, "When the certificate by which this node is known ends, since 1970.")
        if let identity = standing.identity { metrics.sample(expiry, identity.expiry) }
        metrics.family("apic_node_revoked", .gauge, "1 if the newest bundle revokes this node's certificate.")
        metrics.sample("apic_node_revoked", standing.stopsAt == nil ? 0 : 1)
        metrics.family("apic_revocation_epoch", .gauge, "Of the newest bundle; grows with every revocation.")
        metrics.sample("apic_revocation_epoch", UInt64(standing.epoch))
        metrics.family("apic_ready", .gauge, "1 while the gateway takes requests.")
        metrics.sample("apic_ready", isReady ? 1 : 0)
        metrics.family("apic_generation", .gauge, "Number of the bundle that all workers serve.")
        metrics.sample("apic_generation", generation.number)
        metrics.family("apic_generations", .gauge, "Bundles in memory: more than one while requests end on an old one.")
        metrics.sample("apic_generations", generationCount)
        metrics.family("apic_clock_offset_seconds", .gauge, "Seconds that the lifecycle's clock is ahead.")
        metrics.sample("apic_clock_offset_seconds", clockOffset)
        metrics.family("apic_access_log_dropped_total", .counter, "Access log lines that were not written.")
        metrics.sample("apic_access_log_dropped_total", logLinesDroppedCount)
    }

    private func putLifecycle(_ metrics: inout MetricsWriter) {
        let view = generation.view
        metrics.family("apic_lifecycle_state", .gauge, "1 for the state in which a version is.")
        for (api, version, index) in versions {
            let present = view.state(ofVersion: index, at: lifecycleInstant).state
            let (apiName, versionName) = (view.string(api.name), view.string(version.name))
            for state in LifecycleState.allCases {
                metrics.sample(
                    "apic_lifecycle_state",
                    ["api": apiName, "version": versionName, "state": "\(state.name)"],
                    state == present ? 1 : 0
                )
            }
        }
        metrics.family("apic_seconds_to_sunset", .gauge, "Seconds until a version's sunset; negative behind it.")
        for (api, version, _) in versions where version.sunset != TableLayout.never {
            metrics.sample(
                "apic_seconds_to_sunset",
                ["api": view.string(api.name), "version": view.string(version.name)],
                version.sunset - lifecycleInstant
            )
        }
    }

    private func put(
        _ metrics: inout MetricsWriter,
        _ name: String,
        _ kind: MetricsWriter.Kind,
        _ help: String,
        _ counter: WorkerCounter
    ) {
        metrics.family(name, kind, help)
        metrics.sample(name, sum(counter))
    }
}

extension PullHistory {
    func put(into metrics: inout MetricsWriter) {
        let family = "apic_bundle_pulls_total"
        metrics.family(family, .counter, "Attempts to pull a bundle.")
        metrics.sample(family, ["result": "success"], acceptedCount)
        metrics.sample(family, ["result": "unchanged"], unchangedCount)
        metrics.sample(family, ["result": "refused"], refusedCount)
        metrics.sample(family, ["result": "failed"], failedCount)
        let answered = "apic_bundle_source_timestamp_seconds"
        metrics.family(answered, .gauge, "When the source last said which bundle is the newest; 0 is never.")
        metrics.sample(answered, answeredInstant)
        let confirmed = "apic_bundle_confirmed_timestamp_seconds"
        metrics.family(confirmed, .gauge, "When the source last said that the bundle which is served is the newest.")
        metrics.sample(confirmed, confirmedInstant)
        let stale = "apic_bundle_stale"
        metrics.family(stale, .gauge, "1 if that is longer ago than a limit allows.")
        metrics.sample(stale, ["limit": "warn"], level >= .stale ? 1 : 0)
        metrics.sample(stale, ["limit": "stop"], level >= .expired ? 1 : 0)
    }
}

extension MetricsWriter {
    /// What the system tells of the process.
    mutating func putProcess(startInstant: Int64) {
        let process = ProcessStatistics.read()
        family("process_cpu_seconds_total", .counter, "Processor time spent.")
        sample("process_cpu_seconds_total", microseconds: process.cpuMicroseconds)
        family("process_resident_memory_bytes", .gauge, "Resident memory.")
        sample("process_resident_memory_bytes", process.residentByteCount)
        family("process_open_fds", .gauge, "Open file descriptors.")
        sample("process_open_fds", process.openDescriptorCount)
        family("process_max_fds", .gauge, "File descriptors that may be open.")
        sample("process_max_fds", process.descriptorCountMax)
        family("process_start_time_seconds", .gauge, "When the process started, since 1970.")
        sample("process_start_time_seconds", startInstant)
    }
}
