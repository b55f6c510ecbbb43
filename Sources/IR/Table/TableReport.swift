/// What a table says, for people and for tools: `apic inspect`. Made from the table alone, so that it shows what the
/// gateway will do and not what somebody meant; digests of keys are left out.
package struct TableReport {
    let view: TableView
    let instant: Int64

    /// - Parameter instant: the states of versions are those at this instant, in seconds since 1970.
    package init(_ view: TableView, at instant: Int64) {
        self.view = view
        self.instant = instant
    }

    /// Tables of aligned columns, each under its title.
    package var text: String { parts.map(\.text).joined(separator: "\n") }

    /// One JSON object with a member per part.
    package var json: String {
        JSONText.object([("format", "\(TableLayout.formatVersion)")] + parts.map { ($0.name, $0.json) }) + "\n"
    }

    private var parts: [ReportPart] {
        [
            settings, listeners, certificates, sections, versions, routes, programs, upstreams, balancing, consumers,
            nodes, revocations, redis,
        ]
    }

    private var settings: ReportPart {
        let gateway = view.gateway
        var part = ReportPart("gateway", columns: ["setting", "value"], isSettings: true)
        let digits = view.statedDigest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        part.add([.text("name"), .text(view.string(gateway.name))])
        part.add([.text("sha-256"), .text(digits)])
        part.add([.text("bytes"), .number(view.byteCount)])
        part.add([.text("status address"), .text(address(view.string(gateway.statusHost), gateway.statusPort))])
        part.add([.text("HTTP/2"), .text(gateway.speaksHTTP2 ? "on" : "off")])
        part.add([.text("head bytes, at most"), .number(Int(gateway.headBytesMax))])
        part.add([.text("header fields, at most"), .number(Int(gateway.headerCountMax))])
        part.add([.text("body bytes, at most"), gateway.bodyBytesMax == 0 ? .none : .text("\(gateway.bodyBytesMax)")])
        part.add([.text("connections, at most"), .number(Int(gateway.connectionCountMax))])
        for (name, count) in [
            ("connections per address, at most", gateway.connectionsPerAddressMax),
            ("requests in flight, at most", gateway.requestCountMax),
            ("lag, at most, ms", gateway.lagMax),
        ] {
            part.add([.text(name), count == 0 ? .none : .number(Int(count))])
        }
        let epoch = gateway.revocationEpoch
        part.add([.text("revocation epoch"), epoch == 0 ? .none : .number(Int(epoch))])
        part.add([.text("head timeout, ms"), .number(Int(gateway.headTimeout))])
        part.add([.text("body timeout, ms"), .number(Int(gateway.bodyTimeout))])
        part.add([.text("request timeout, ms"), .number(Int(gateway.requestTimeout))])
        part.add([.text("idle timeout, ms"), .number(Int(gateway.idleTimeout))])
        part.add([.text("write timeout, ms"), .number(Int(gateway.writeTimeout))])
        part.add([.text("drain delay, ms"), .number(Int(gateway.drainDelay))])
        part.add([.text("drain timeout, ms"), .number(Int(gateway.drainTimeout))])
        let log = view.string(gateway.accessLogPath)
        part.add([
            .text("access log"), gateway.accessLogFields == 0 ? .none : .text(log.isEmpty ? "standard output" : log),
        ])
        part.add([.text("requests logged, per million"), .number(Int(gateway.accessLogSamplePerMillion))])
        return part
    }

    private var redis: ReportPart {
        var part = ReportPart("redis", columns: ["redis", "database", "user", "password", "every ms"])
        for index in 0..<view.redis.count {
            let server = view.redis[index]
            let kind = server.secretKind == UInt32(CredentialKind.file.rawValue) ? "file" : "env"
            part.add([
                .text(address(view.string(server.host), server.port)), .number(Int(server.database)),
                server.username.count == 0 ? .none : .text(view.string(server.username)),
                server.secret.count == 0 ? .none : .text("from ${\(kind):\(view.string(server.secret))}"),
                .number(Int(server.interval)),
            ])
        }
        return part
    }

    private var listeners: ReportPart {
        var part = ReportPart("listeners", columns: ["address", "trusted"])
        for index in 0..<view.listeners.count {
            let listener = view.listeners[index]
            let scheme = listener.isSecure ? "https " : ""
            let begin = listener.takesProxyHeader ? " behind a PROXY header" : ""
            part.add([.text(scheme + address(view.string(listener.host), listener.port) + begin), .none])
        }
        for index in 0..<view.trustedBlocks.count {
            let block = view.trustedBlocks[index]
            let groups = [block.network0, block.network1].flatMap { word in
                (0..<4).map { group in
                    let bytes = UInt16(truncatingIfNeeded: word >> UInt64(16 * group)).byteSwapped
                    return String(bytes, radix: 16)
                }
            }
            part.add([.none, .text(groups.joined(separator: ":") + "/\(block.prefixLength)")])
        }
        return part
    }

    private var certificates: ReportPart {
        var part = ReportPart("certificates", columns: ["certificate", "key", "for"])
        let listeners = view.listenerTLS.count > 0 ? view.listenerTLS[0].certificates : RangeRecord()
        for index in 0..<view.certificates.count {
            let record = view.certificates[index]
            let key = view.string(record.key)
            let isListeners = index >= listeners.first && index < listeners.first + listeners.count
            part.add([
                .text(view.string(record.certificate)),
                .text(record.keyKind == PrivateKeyKind.environment.rawValue ? "from ${env:\(key)}" : key),
                .text(isListeners ? "clients" : "upstreams"),
            ])
        }
        return part
    }

    private var sections: ReportPart {
        var part = ReportPart("sections", columns: ["section", "records", "bytes each", "bytes"])
        for section in TableSection.allCases {
            let count = view.recordCount(section)
            part.add([
                .text("\(section)"), .number(count), .number(section.recordByteCount),
                .number(count * section.recordByteCount),
            ])
        }
        return part
    }

    private var upstreams: ReportPart {
        var part = ReportPart(
            "upstreams",
            columns: [
                "upstream", "targets", "connect ms", "response ms", "idle ms", "tunnel ms", "retries",
                "connections", "idle",
            ]
        )
        for index in 0..<view.upstreams.count {
            let upstream = view.upstreams[index]
            let range = upstream.targets
            let targets = (range.first..<range.first + range.count).map { index in
                let target = view.targets[index]
                let weight = target.weight == 1 ? "" : " weight \(target.weight)"
                let scheme = (target.isSecure ? "https " : "") + (target.speaksHTTP2 ? "http2 " : "")
                let priority = target.priority == 0 ? "" : " priority \(target.priority)"
                let zone = target.zone.count == 0 ? "" : " in \(view.string(target.zone))"
                let host = view.string(target.host)
                let place = target.isService ? "srv:\(host)" : address(host, target.port)
                return scheme + place + weight + priority + zone
            }
            part.add([
                .text(view.string(upstream.name)), .list(targets), .number(Int(upstream.connectTimeout)),
                .number(Int(upstream.responseTimeout)), .number(Int(upstream.idleTimeout)),
                .number(Int(upstream.tunnelTimeout)), .number(Int(upstream.retryCountMax)),
                .number(Int(upstream.connectionCountMax)), .number(Int(upstream.idleConnectionCountMax)),
            ])
        }
        return part
    }

    private var consumers: ReportPart {
        var part = ReportPart("consumers", columns: ["consumer", "groups", "credentials"])
        var credentials = [[String]](repeating: [], count: view.consumers.count)
        for index in 0..<view.credentials.count {
            let credential = view.credentials[index]
            let source =
                switch CredentialKind(rawValue: credential.kind) {
                case .environment: "from ${env:\(view.string(credential.secret))}"
                case .file: "from ${file:\(view.string(credential.secret))}"
                case .digest, nil: "by digest"
                }
            let scheme =
                switch CredentialScheme(rawValue: credential.scheme) {
                case .basic: " as user \(view.string(credential.username))"
                case .signature: " as \(view.string(credential.username))"
                case .certificate: " by certificate"
                case .token: " by a token's claim"
                case .key, nil: ""
                }
            let dates = [
                credential.notBefore == TableLayout.always ? "" : " from \(CalendarTime(credential.notBefore).rfc3339)",
                credential.expires == TableLayout.never ? "" : " until \(CalendarTime(credential.expires).rfc3339)",
            ]
            let name = view.string(credential.id)
            credentials[Int(credential.consumer)].append("\(name)\(scheme) \(source)\(dates.joined())")
        }
        for index in 0..<view.consumers.count {
            let consumer = view.consumers[index]
            part.add([.text(view.string(consumer.name)), .list(groupNames(consumer.groups)), .list(credentials[index])])
        }
        return part
    }

    private var nodes: ReportPart {
        var part = ReportPart("nodes", columns: ["node", "zone", "workers"])
        for index in 0..<view.nodes.count {
            let count = view.nodes[index].workerCount
            part.add([
                .text(view.string(view.nodes[index].name)), .text(view.string(view.nodes[index].zone)),
                count == 0 ? .text("one per core") : .number(Int(count)),
            ])
        }
        return part
    }

    private var revocations: ReportPart {
        var part = ReportPart("revocations", columns: ["certificate", "serves until"])
        for index in 0..<view.revocations.count {
            let record = view.revocations[index]
            let isAtOnce = record.serveUntil == TableLayout.always
            part.add([
                .text(BundleStatement.hex(record.fingerprint)),
                isAtOnce ? .none : .text(CalendarTime(record.serveUntil).rfc3339),
            ])
        }
        return part
    }

    func groupNames(_ list: RangeRecord) -> [String] {
        (list.first..<list.first + list.count).map { view.string(view.groups[view.groupLists[$0]]) }
    }

    /// An IPv6 literal in brackets.
    private func address(_ host: String, _ port: UInt32) -> String {
        if host.utf8.first == UInt8(ascii: "/") { return "unix:\(host)" }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
