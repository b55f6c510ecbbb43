internal import Digests
internal import GatewayIR
internal import GatewayTable

// Values of the IR as records of the table, where one becomes one.

extension GatewayRecord {
    init(_ gateway: Gateway, _ hosts: HostTable, _ text: inout TextPool) {
        self.init()
        bodyBytesMax = gateway.limits.bodyBytesMax ?? 0
        (salt0, salt1, salt2, salt3) = Digest256(bytes: Digests.credentialSalt(gatewayName: gateway.name)).words
        name = text.add(gateway.name)
        statusHost = text.add(gateway.listeners.status.host)
        statusPort = UInt32(gateway.listeners.status.port)
        if let log = gateway.accessLog {
            accessLogPath = text.add(log.path ?? "")
            accessLogFields = log.fields.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
            accessLogSamplePerMillion = log.samplePerMillion
        }
        headBytesMax = gateway.limits.headBytesMax
        headerCountMax = gateway.limits.headerCountMax
        connectionCountMax = gateway.limits.connectionCountMax
        connectionsPerAddressMax = gateway.limits.connectionsPerAddressMax ?? 0
        requestCountMax = gateway.limits.requestCountMax ?? 0
        lagMax = gateway.limits.lagMax ?? 0
        revocationEpoch = gateway.revocations.epoch
        headTimeout = gateway.timeouts.head
        bodyTimeout = gateway.timeouts.body
        requestTimeout = gateway.timeouts.request
        idleTimeout = gateway.timeouts.idle
        writeTimeout = gateway.timeouts.write
        drainDelay = gateway.drain.delay
        drainTimeout = gateway.drain.timeout
        exactHostCount = UInt32(hosts.patterns.count { $0.kind == .exact })
        wildcardHostCount = UInt32(hosts.patterns.count { $0.kind == .wildcard })
        if gateway.listeners.speaksHTTP2 { flags |= GatewayRecord.http2Flag }
    }
}

extension ListenerRecord {
    init(_ address: ListenAddress, isSecure: Bool, _ text: inout TextPool) {
        self.init()
        host = text.add(address.host)
        port = UInt32(address.port)
        if isSecure { flags |= ListenerRecord.secureFlag }
    }
}

extension AddressBlockRecord {
    init(_ block: AddressBlock) {
        self.init()
        precondition(block.network.count == 16, "an address block has 16 bytes")
        let words = [0, 8].map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(block.network[start + $1]) << UInt64(8 * $1) }
        }
        network0 = words[0]
        network1 = words[1]
        prefixLength = UInt32(block.prefixLength)
    }
}

extension NodeRecord {
    init(_ node: Node, _ text: inout TextPool) {
        self.init()
        name = text.add(node.name)
        zone = text.add(node.zone ?? "")
        workerCount = UInt32(node.workerCount ?? 0)
    }
}

extension UpstreamRecord {
    /// Without its targets.
    init(_ upstream: Upstream, _ text: inout TextPool) {
        self.init()
        name = text.add(upstream.name)
        connectTimeout = upstream.timeouts.connect
        responseTimeout = upstream.timeouts.response
        idleTimeout = upstream.timeouts.idle
        tunnelTimeout = upstream.timeouts.tunnel
        retryCountMax = UInt32(upstream.retryCountMax)
        connectionCountMax = upstream.connectionCountMax
        idleConnectionCountMax = upstream.idleConnectionCountMax
    }
}

extension TargetRecord {
    init(_ target: Target, speaksHTTP2: Bool, _ text: inout TextPool) {
        self.init()
        host = text.add(target.host)
        // RFC 9110 section 7.2: an IPv6 literal in brackets, the port unless it is the scheme's own.
        let isPath = target.host.utf8.first == UInt8(ascii: "/")
        let isSix = target.host.utf8.contains(UInt8(ascii: ":"))
        let name =
            isPath ? "localhost" : isSix ? "[\(target.host)]" : target.isService ? target.serviceDomain : target.host
        let isUsual = isPath || target.isService || target.port == (target.isSecure ? 443 : 80)
        authority = text.add(isUsual ? name : "\(name):\(target.port)")
        port = UInt32(target.port)
        weight = UInt32(target.weight)
        priority = UInt32(target.priority)
        zone = text.add(target.zone ?? "")
        if target.isSecure { flags |= TargetRecord.secureFlag }
        if speaksHTTP2 { flags |= TargetRecord.http2Flag }
        if target.isService { flags |= TargetRecord.serviceFlag }
    }
}

extension Target {
    /// What its servers are called as one: the service's name without `_service._proto` in front (RFC 2782).
    fileprivate var serviceDomain: String {
        let labels = host.split(separator: ".")
        let domain = labels.drop { $0.utf8.first == UInt8(ascii: "_") }
        return domain.isEmpty ? host : domain.joined(separator: ".")
    }
}

extension ConsumerRecord {
    init(_ consumer: Consumer, groups names: [String], _ text: inout TextPool) {
        self.init()
        name = text.add(consumer.name)
        let listed = consumer.groups.map { names[$0] }.filter { !$0.hasPrefix(ConsumerGroups.unlistedMark) }
        groupNames = text.add(listed.joined(separator: ","))
    }
}

extension CredentialRecord {
    init(_ credential: Credential, _ text: inout TextPool) {
        self.init()
        id = text.add(credential.id)
        consumer = UInt32(credential.consumer)
        if let instant = credential.notBefore { notBefore = instant }
        if let instant = credential.expires { expires = instant }
        switch credential.scheme {
        case .key: scheme = CredentialScheme.key.rawValue
        case .basic(let name): (scheme, username) = (CredentialScheme.basic.rawValue, text.add(name))
        case .signature(let id): (scheme, username) = (CredentialScheme.signature.rawValue, text.add(id))
        case .certificate: scheme = CredentialScheme.certificate.rawValue
        case .token: scheme = CredentialScheme.token.rawValue
        }
        switch credential.key {
        case .digest(let bytes):
            kind = CredentialKind.digest.rawValue
            (digest0, digest1, digest2, digest3) = Digest256(bytes: bytes).words
        case .secret(.environment(let variable)):
            kind = CredentialKind.environment.rawValue
            secret = text.add(variable)
        case .secret(.file(let path)):
            kind = CredentialKind.file.rawValue
            secret = text.add(path)
        }
    }
}

extension APIRecord {
    init(_ api: API, _ text: inout TextPool) {
        self.init()
        name = text.add(api.name)
        title = text.add(api.title)
        owner = text.add(api.owner)
        varyLine = text.add(LifecycleText.varyLine(api.selector))
        versions = RangeRecord(first: UInt32(api.versions.lowerBound), count: UInt32(api.versions.count))
        defaultVersion = api.defaultVersion.map { UInt32($0) } ?? TableLayout.none
        switch api.selector {
        case .path: selector = SelectorKind.path.rawValue
        case .host: selector = SelectorKind.host.rawValue
        case .header(let name):
            selector = SelectorKind.header.rawValue
            selectorName = text.add(name.lowercased())
        case .query(let name):
            selector = SelectorKind.query.rawValue
            selectorName = text.add(name)
        case .mediaType(let prefix, let suffix):
            selector = SelectorKind.mediaType.rawValue
            selectorName = text.add(prefix)
            selectorSuffix = text.add(suffix)
        }
    }
}

extension VersionRecord {
    /// Without its brownouts.
    init(_ version: Version, of api: API, _ text: inout TextPool) {
        self.init()
        let lifecycle = version.lifecycle
        released = lifecycle.released
        deprecated = lifecycle.deprecated ?? TableLayout.never
        sunset = lifecycle.sunset ?? TableLayout.never
        retired = lifecycle.retired ?? TableLayout.never
        let headers = LifecycleText.headerLines(version)
        announced = headers.isEmpty ? TableLayout.never : lifecycle.announced ?? TableLayout.always
        name = text.add(version.name)
        value = text.add(version.value)
        headerLines = text.add(headers)
        goneBody = text.add(LifecycleText.goneBody(version, of: api))
        successorLink = text.add(version.successorLink ?? "")
        docs = text.add(version.docs ?? "")
        self.api = UInt32(version.api)
        successor = version.successor.map { UInt32($0) } ?? TableLayout.none
        hasPreview = version.previewGroups.isEmpty ? 0 : 1
    }
}

extension BrownoutRecord {
    init(_ brownout: Brownout) {
        self.init()
        from = brownout.from
        until = brownout.until
        status = UInt32(brownout.status)
    }
}

extension HostRecord {
    init(_ pattern: HostPattern, _ tree: FlatTree.HostTree, _ text: inout TextPool) {
        self.init()
        name = text.add(pattern.name)
        root = tree.root
        wholePathEdges = tree.wholePathEdges
        isExhaustive = tree.isExhaustive ? 1 : 0
    }
}
