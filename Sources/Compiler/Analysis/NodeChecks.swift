internal import GatewayIR

/// Nodes: what they are called, what they are labelled with, and which ports they publish.
enum NodeChecks {
    private static let labelByteCountMax = 63
    /// What Konnect takes of a node; so that a node may move there and back.
    private static let labelCountMax = 5
    private static let reservedPrefixes = ["kong", "konnect", "insomnia", "mesh", "kic", "kuma", "_"]
    private static let kongImage = "kong/kong-gateway:3.9"
    private static let alphanumerics = ByteSet.digits.union(.letters)
    private static let labelCharacters = alphanumerics.union(of: "-_.")

    static func lower(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) -> [Node] {
        if let gateway = document.gateway, !isServiceName(gateway.value) {
            diagnostics.append(.unusableName(gateway, of: "the gateway"))
        }
        var published: [UInt16: (node: String, span: SourceSpan)] = [:]
        for node in document.nodes {
            check(node, into: &diagnostics)
            checkServed(node, in: document, into: &diagnostics)
            for port in node.value.ports {
                let use = (node: node.name.value, span: port.value.span)
                guard let first = published[port.value.value] else {
                    published[port.value.value] = use
                    continue
                }
                diagnostics.append(.publishedPortTwice(port.value, node: use.node, first: first.span, of: first.node))
            }
        }
        warnOfUnserved(document, into: &diagnostics)
        ListenerLowering.checkNodes(document, into: &diagnostics)
        PullLowering.check(document, into: &diagnostics)
        return document.nodes.map { lowered($0, in: document) }.sorted { $0.name < $1.name }
    }

    /// Ports that lead to no listener.
    private static func warnOfUnserved(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) {
        let listen = document.listen
        for node in document.nodes where !node.value.runsKong {
            for port in node.value.ports {
                let isServed =
                    port.name.value == "https"
                    ? listen.isHTTPSWanted
                    : !listen.http.isEmpty || !listen.isHTTPSWanted || node.value.listen?.http.isEmpty == false
                if !isServed { diagnostics.append(.publishedPortUnserved(port, of: node.name.value)) }
            }
        }
    }

    private static func lowered(_ node: Named<NodeSpec>, in document: SpecDocument) -> Node {
        Node(
            name: node.name.value,
            cloud: node.value.cloud?.value,
            region: node.value.region?.value,
            zone: node.value.zone?.value,
            labels: node.value.labels.map { Node.Label(key: $0.name.value, value: $0.value.value) }
                .sorted { $0.key < $1.key },
            ports: node.value.ports.map { Node.PublishedPort(name: $0.name.value, published: $0.value.value) }
                .sorted { $0.name < $1.name },
            workerCount: node.value.workers.map { Int($0.value) },
            certificate: node.value.certificate?.value,
            key: node.value.key?.value,
            serves: node.value.serves?.map(\.value).sorted(),
            source: PullLowering.source(document.bundles, node.value.bundles),
            addresses: ListenerLowering.addresses(node.value.listen),
            cpuMillis: node.value.cpu?.value,
            memoryBytes: node.value.memory?.value,
            replicas: replicas(of: node),
            kong: kong(of: node)
        )
    }

    private static func kong(of node: Named<NodeSpec>) -> KongDataPlane? {
        guard node.value.runsKong, let kong = node.value.kong, let controlPlane = kong.controlPlane else { return nil }
        return KongDataPlane(
            controlPlane: controlPlane.value,
            telemetry: kong.telemetry?.value,
            image: kong.image?.value ?? kongImage
        )
    }

    private static func replicas(of node: Named<NodeSpec>) -> ClosedRange<UInt32>? {
        guard let least = node.value.replicasMin?.value, let most = node.value.replicasMax?.value, least <= most else {
            return nil
        }
        return least...most
    }

    private static func check(_ node: Named<NodeSpec>, into diagnostics: inout [Diagnostic]) {
        if !isServiceName(node.name.value) { diagnostics.append(.unusableName(node.name, of: "a node")) }
        checkRuntime(of: node, into: &diagnostics)
        if let least = node.value.replicasMin, let most = node.value.replicasMax, least.value > most.value {
            diagnostics.append(.replicasReversed(least, most))
        }
        if node.value.labels.count > labelCountMax {
            diagnostics.append(.tooManyLabels(node.value.labels[labelCountMax].name, countMax: labelCountMax))
        }
        for label in node.value.labels {
            if let owner = reservedPrefixes.first(where: { label.name.value.lowercased().hasPrefix($0) }) {
                diagnostics.append(.reservedLabel(label.name, prefix: owner))
                continue
            }
            if !isLabelKey(label.name.value) { diagnostics.append(.unusableLabelKey(label.name)) }
            if node.value.runsKong, label.name.value.contains("/") { diagnostics.append(.labelOfKong(label.name)) }
            if !isLabelText(label.value.value) {
                diagnostics.append(.unusableLabelValue(label.value))
            }
        }
    }

    /// What only one of the two runtimes has.
    private static func checkRuntime(of node: Named<NodeSpec>, into diagnostics: inout [Diagnostic]) {
        guard let runtime = node.value.runtime, runtime.value == .kong else {
            if let kong = node.value.kong { diagnostics.append(.kongWithoutKong(at: kong.span, node: node.name)) }
            return
        }
        if node.value.kong == nil { diagnostics.append(.controlPlaneMissing(runtime, node: node.name)) }
        let value = node.value
        let listen = [value.listen?.http.first?.span, value.listen?.https.first?.span, value.listen?.status?.span]
        let others = [
            ("zone", value.zone?.span), ("replicas", value.replicasMin?.span), ("serves", value.serves?.first?.span),
            ("bundles", value.bundles?.span), ("key", value.key?.span), ("listen", listen.compactMap { $0 }.first),
        ]
        for (key, span) in others {
            if let span { diagnostics.append(.notForKong(key, at: span, runtime: runtime)) }
        }
    }

    private static func checkServed(
        _ node: Named<NodeSpec>,
        in document: SpecDocument,
        into diagnostics: inout [Diagnostic]
    ) {
        guard let names = node.value.serves, !document.incompleteKeys.contains("apis") else { return }
        let known = document.apis.map(\.name.value).sorted()
        for name in names where !known.contains(name.value) {
            diagnostics.append(.unknownServedAPI(name, node: node.name.value, known: known))
        }
    }

    /// An epoch that nobody says is the number of certificates: it grows with each one that is added.
    static func revocations(_ spec: RevocationsSpec?) -> Revocations {
        guard let spec else { return Revocations() }
        return Revocations(
            epoch: spec.epoch?.value ?? UInt32(spec.certificates.count),
            certificates: spec.certificates.map {
                Revocations.Certificate(fingerprint: $0.fingerprint.value, serveUntil: $0.serveUntil?.value)
            }
        )
    }

    /// A DNS label (RFC 1123) in lower case: what compose services and Kubernetes objects accept.
    static func isServiceName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let inner = ByteSet.digits.union(ByteSet(0x61...0x7A)).union(of: "-")
        return (1...63).contains(bytes.count) && bytes.allSatisfy { inner.contains($0) }
            && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
    }

    private static func isLabelText(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= labelByteCountMax else { return false }
        return alphanumerics.contains(first) && alphanumerics.contains(last)
            && bytes.allSatisfy { labelCharacters.contains($0) }
    }

    private static func isLabelKey(_ key: String) -> Bool {
        guard let slash = key.firstIndex(of: "/") else { return isLabelText(key) }
        guard case .exact = try? HostPatternParser.parse(String(key[..<slash])) else { return false }
        return isLabelText(String(key[key.index(after: slash)...]))
    }
}

extension NodeSpec {
    var runsKong: Bool { runtime?.value == .kong }
}

extension Diagnostic {
    fileprivate static func unknownServedAPI(_ name: Spanned<String>, node: String, known: [String]) -> Diagnostic {
        Diagnostic(
            .unknownServedAPI,
            "`\(node)` is to serve `\(name.value)`, and there is no such API",
            at: name.span,
            help: suggestion(for: name.value, among: known)
                ?? "there are \(known.prefix(8).map { "`\($0)`" }.joined(separator: ", "))"
        )
    }
}
