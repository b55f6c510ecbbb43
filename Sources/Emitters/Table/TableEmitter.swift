internal import Digests
package import GatewayIR
internal import GatewayTable

/// Compiles a gateway to the binary table that the data plane serves from: start here. Two parts that need nothing of
/// each other, so that they can be made at the same time, and then joined; equal gateways give equal bytes.
package enum TableEmitter {
    /// The table file of a gateway.
    ///
    /// - Precondition: the gateway keeps the bounds of `TableLayout`, which the compiler checks: segments and captures
    ///   of a path, states of an automaton, groups, distinct methods and sets of conditions.
    package static func emit(_ gateway: Gateway) -> [UInt8] {
        join(tree(of: gateway), records(of: gateway), gateway)
    }

    /// Where every route and mount hangs in the tree of paths.
    package static func tree(of gateway: Gateway) -> TreePart {
        let hosts = HostTable(gateway)
        var tree = PathTree(routeCount: gateway.routes.count, AutomatonTable(gateway))
        let roots = hosts.patterns.map { _ in tree.addRoot() }
        var mounts = MountTable()
        for mount in gateway.mounts {
            tree.add(mount: mounts.add(mount), mount.prefix, under: roots[hosts.number(of: mount.host)])
        }
        var last: (host: HostPattern, root: Int32)?
        let routes = gateway.routes
        for index in routes.indices {
            // Neighbours mostly share their host.
            if last?.host != routes[index].host {
                last = (routes[index].host, roots[hosts.number(of: routes[index].host)])
            }
            guard let root = last?.root else { continue }
            if let match = routes[index].kong {
                tree.add(route: index, match, under: root)
            } else {
                tree.add(route: index, routes[index].path, under: root)
            }
        }
        return TreePart(tree: tree, roots: roots, mounts: mounts.records)
    }

    /// All but the tree: what is declared, and of every route what it asks of a request and which program it runs.
    package static func records(of gateway: Gateway) -> RecordPart {
        var text = TextPool()
        var writer = TableWriter()
        let hosts = HostTable(gateway)
        writer.set(.gateway, [GatewayRecord(gateway, hosts, &text)])
        emitSettings(gateway, &writer, &text)
        emitUpstreams(gateway, &writer, &text)
        let groups = emitConsumers(gateway, &writer, &text)
        emitVersions(gateway, &writer, &text)
        var routes = RouteTables(gateway, &text)
        let automata = AutomatonTable(gateway)
        var programs = ProgramTables(groups, automata)
        for index in gateway.routes.indices {
            routes.set(program: programs.add(route: index, of: gateway, &text), of: index)
        }
        writer.set(automata)
        writer.set(routes)
        writer.set(programs)
        return RecordPart(hosts: hosts, routes: routes, writer: writer, text: text)
    }

    /// The table of a gateway of which both parts are made.
    package static func join(_ tree: consuming TreePart, _ records: consuming RecordPart, _ gateway: Gateway) -> [UInt8]
    {
        let hosts = records.hosts
        var (writer, text) = (records.writer, records.text)
        let flat = FlatTree(tree.tree, hostRoots: tree.roots, records.routes, gateway, &text)
        writer.set(.hosts, zip(hosts.patterns, flat.roots).map { HostRecord($0, $1, &text) })
        writer.set(.mounts, tree.mounts)
        writer.set(flat, literalSlots: LiteralSlots.make(flat.nodes, text.bytes))
        writer.set(.text, text.bytes)
        return writer.finish { SHA256.digest($0).bytes }
    }

    /// What `tree` makes.
    package struct TreePart: Sendable {
        fileprivate let tree: PathTree
        /// In the order of the table's hosts.
        fileprivate let roots: [Int32]
        fileprivate let mounts: [MountRecord]
    }

    /// What `records` makes.
    package struct RecordPart: Sendable {
        fileprivate let hosts: HostTable
        fileprivate let routes: RouteTables
        fileprivate let writer: TableWriter
        fileprivate let text: TextPool
    }

    private static func emitSettings(_ gateway: Gateway, _ writer: inout TableWriter, _ text: inout TextPool) {
        let plain = gateway.listeners.http.map { ListenerRecord($0, isSecure: false, &text) }
        let secure = (gateway.listeners.https?.addresses ?? []).map { ListenerRecord($0, isSecure: true, &text) }
        var listeners = plain + secure
        if gateway.listeners.takesProxyHeader {
            for index in listeners.indices { listeners[index].flags |= ListenerRecord.proxyHeaderFlag }
        }
        writer.set(.listeners, listeners)
        writer.set(.trustedBlocks, gateway.listeners.trustedProxies.map(AddressBlockRecord.init))
        writer.set(.groups, gateway.groups.map { text.add($0) })
        writer.set(.nodes, gateway.nodes.filter { $0.kong == nil }.map { NodeRecord($0, &text) })
        writer.set(.redis, [gateway.redis].compactMap { $0 }.map { RedisRecord($0, of: gateway.name, &text) })
        writer.set(
            .revocations,
            gateway.revocations.certificates.map {
                RevocationRecord(fingerprint: $0.fingerprint, serveUntil: $0.serveUntil)
            }
        )
    }

    private static func emitUpstreams(_ gateway: Gateway, _ writer: inout TableWriter, _ text: inout TextPool) {
        var upstreams: [UpstreamRecord] = []
        var targets: [TargetRecord] = []
        var security = SecurityTables()
        var balancing = BalancingTables()
        if let https = gateway.listeners.https { security.set(https, &text) }
        for upstream in gateway.upstreams {
            var record = UpstreamRecord(upstream, &text)
            if let tls = upstream.tls { record.tls = security.add(tls, &text) }
            balancing.add(upstream, to: &record, &text)
            record.targets = RangeRecord(first: UInt32(targets.count), count: UInt32(upstream.targets.count))
            targets += upstream.targets.map { TargetRecord($0, speaksHTTP2: upstream.speaksHTTP2, &text) }
            upstreams.append(record)
        }
        writer.set(.upstreams, upstreams)
        writer.set(.targets, targets)
        writer.set(.certificates, security.certificates)
        writer.set(.listenerTLS, security.listeners)
        writer.set(.upstreamTLS, security.upstreams)
        writer.set(.healthChecks, balancing.healthChecks)
        writer.set(.statusRanges, balancing.statusRanges)
        writer.set(.hashSlots, balancing.hashSlots)
    }

    /// - Returns: the lists of groups that consumers are in.
    private static func emitConsumers(
        _ gateway: Gateway,
        _ writer: inout TableWriter,
        _ text: inout TextPool
    ) -> GroupTables {
        var groups = GroupTables()
        let consumers = gateway.consumers.map { consumer in
            var record = ConsumerRecord(consumer, groups: gateway.groups, &text)
            record.groups = groups.add(consumer.groups)
            return record
        }
        writer.set(.consumers, consumers)
        writer.set(.credentials, gateway.credentials.map { CredentialRecord($0, &text) })
        return groups
    }

    private static func emitVersions(_ gateway: Gateway, _ writer: inout TableWriter, _ text: inout TextPool) {
        writer.set(.apis, gateway.apis.map { APIRecord($0, &text) })
        var versions: [VersionRecord] = []
        var brownouts: [BrownoutRecord] = []
        for version in gateway.versions {
            var record = VersionRecord(version, of: gateway.apis[version.api], &text)
            let windows = version.lifecycle.brownouts
            record.brownouts = RangeRecord(first: UInt32(brownouts.count), count: UInt32(windows.count))
            brownouts += windows.map(BrownoutRecord.init)
            versions.append(record)
        }
        writer.set(.versions, versions)
        writer.set(.brownouts, brownouts)
    }
}

/// Mounts, each distinct pair of API and version once.
private struct MountTable {
    private(set) var records: [MountRecord] = []
    /// Only ever asked for a value, never walked.
    private var known: [[Int?]: UInt32] = [:]

    mutating func add(_ mount: Mount) -> UInt32 {
        let key = [mount.api, mount.version]
        if let number = known[key] { return number }
        var record = MountRecord()
        record.api = UInt32(mount.api)
        if let version = mount.version { record.version = UInt32(version) }
        let number = UInt32(records.count)
        records.append(record)
        known[key] = number
        return number
    }
}

extension TableWriter {
    fileprivate mutating func set(_ flat: FlatTree, literalSlots: [UInt32]) {
        set(.treeNodes, flat.nodes)
        set(.nodeExtras, flat.extras)
        set(.literalSlots, literalSlots)
        set(.constrainedEdges, flat.constrainedEdges)
        set(.prefixEdges, flat.prefixEdges)
        set(.wholePathEdges, flat.wholePathEdges)
        set(.routes, flat.routes)
        set(.routeTexts, flat.routeTexts)
    }

    fileprivate mutating func set(_ automata: AutomatonTable) {
        set(.automata, automata.records)
        set(.automatonBytes, automata.bytes)
    }

    fileprivate mutating func set(_ routes: RouteTables) {
        set(.methods, routes.methods)
        set(.conditionSets, routes.conditionSets)
        set(.conditions, routes.conditions)
    }

    fileprivate mutating func set(_ programs: ProgramTables) {
        set(.programs, programs.programs)
        set(.code, programs.code)
        set(.rateLimits, programs.policies.rateLimits.records)
        set(.concurrencyLimits, programs.policies.concurrencyLimits.records)
        set(.rateSets, programs.policies.rateSets.records)
        set(.rates, programs.policies.rates)
        set(.rateTiers, programs.policies.rateTiers)
        set(.headerEdits, programs.policies.headerEdits.records)
        set(.headerFields, programs.policies.headerFields)
        set(.queryEdits, programs.policies.queryEdits.records)
        set(.queryParameters, programs.policies.queryParameters)
        set(.templates, programs.policies.templates.records)
        set(.templateParts, programs.policies.templateParts)
        set(.responses, programs.policies.responses.records)
        set(.addressSets, programs.policies.edge.addressSets.records)
        set(.addressRanges, programs.policies.edge.addressRanges)
        set(.crossOrigins, programs.policies.edge.crossOrigins.records)
        set(.origins, programs.policies.edge.origins)
        set(.tokenPolicies, programs.policies.tokens.policies.records)
        set(.tokenKeys, programs.policies.tokens.keys)
        set(.keySources, programs.policies.tokens.sources.records)
        set(.claimRequirements, programs.policies.tokens.requirements)
        set(.claimHeaders, programs.policies.tokens.headers)
        set(.tokenTexts, programs.policies.tokens.texts)
        set(.authorizers, programs.policies.consulting.authorizers.records)
        set(.fieldNames, programs.policies.consulting.fieldNames)
        set(.introspections, programs.policies.consulting.introspections.records)
        set(.faults, programs.policies.traffic.faults.records)
        set(.canaries, programs.policies.traffic.canaries.records)
        set(.canarySteps, programs.policies.traffic.canarySteps)
        set(.canaryPieces, programs.policies.traffic.canaryPieces)
        set(.signaturePolicies, programs.policies.signatures.policies.records)
        set(.groupLists, programs.policies.groups.lists)
        set(.bodyEdits, programs.policies.bodies.edits.records)
        set(.bodyOperations, programs.policies.bodies.operations)
    }
}
