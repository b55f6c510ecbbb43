internal import GatewayIR

/// Nodes: what they are called, what they are labelled with, and which ports they publish.
enum NodeChecks {
    private static let labelByteCountMax = 63
    /// What Konnect takes of a node; so that a node may move there and back.
    private static let labelCountMax = 5
    private static let reservedPrefixes = ["kong", "konnect", "insomnia", "mesh", "kic", "kuma", "_"]
    private static let alphanumerics = ByteSet.digits.union(.letters)
    private static let labelCharacters = alphanumerics.union(of: "-_.")

    static func lower(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) -> [Node] {
        if let gateway = document.gateway, !isServiceName(gateway.value) {
            diagnostics.append(.unusableName(gateway, of: "the gateway"))
        }
        var published: [UInt16: (node: String, span: SourceSpan)] = [:]
        for node in document.nodes {
            check(node, into: &diagnostics)
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
        return document.nodes.map { lowered($0) }.sorted { $0.name < $1.name }
    }

    /// Ports that lead to no listener.
    private static func warnOfUnserved(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) {
        let listen = document.listen
        for node in document.nodes {
            for port in node.value.ports {
                let isServed =
                    port.name.value == "https" ? listen.isHTTPSWanted : !listen.http.isEmpty || !listen.isHTTPSWanted
                if !isServed { diagnostics.append(.publishedPortUnserved(port, of: node.name.value)) }
            }
        }
    }

    private static func lowered(_ node: Named<NodeSpec>) -> Node {
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
            cpuMillis: node.value.cpu?.value,
            memoryBytes: node.value.memory?.value,
            replicas: replicas(of: node)
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
            if !isLabelText(label.value.value) {
                diagnostics.append(.unusableLabelValue(label.value))
            }
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

extension Diagnostic {
    static func replicasReversed(_ least: Spanned<UInt32>, _ most: Spanned<UInt32>) -> Diagnostic {
        Diagnostic(
            .replicasReversed,
            "`max` is \(most.value), and `min` is \(least.value) already",
            at: most.span,
            related: [.init(least.span, "`min` is here")],
            help: "write at least `max: \(least.value)`"
        )
    }

    static func tooManyLabels(_ key: Spanned<String>, countMax: Int) -> Diagnostic {
        Diagnostic(
            .unusableLabel,
            "a node has at most \(countMax) labels",
            at: key.span,
            help: "delete those that tell least"
        )
    }

    static func reservedLabel(_ key: Spanned<String>, prefix: String) -> Diagnostic {
        Diagnostic(
            .unusableLabel,
            "`\(key.value)` cannot be the key of a label: keys with `\(prefix)` in front are Konnect's own",
            at: key.span,
            help: "choose another key"
        )
    }

    static func unusableName(_ name: Spanned<String>, of what: String) -> Diagnostic {
        let mended = String(
            decoding: name.value.lowercased().utf8.map { byte in
                NodeChecks.isServiceName(String(decoding: [byte], as: UTF8.self)) ? byte : UInt8(ascii: "-")
            },
            as: UTF8.self
        )
        let trimmed = String(mended.drop { $0 == "-" }.prefix(63))
        return Diagnostic(
            .unusableName,
            "`\(name.value)` cannot name \(what): services and files have lower-case letters, digits and `-`",
            at: name.span,
            help: NodeChecks.isServiceName(trimmed) ? "write `\(trimmed)`" : "begin and end with a letter or a digit"
        )
    }

    static func publishedPortTwice(
        _ port: Spanned<UInt16>,
        node: String,
        first: SourceSpan,
        of other: String
    ) -> Diagnostic {
        let whose = node == other ? "the same node" : "`\(other)`"
        return Diagnostic(
            .publishedPortTwice,
            "`\(node)` publishes port \(port.value), which \(whose) has already",
            at: port.span,
            related: [.init(first, "first published here")],
            help: "all nodes start as services of one compose file; give each a port of its own"
        )
    }

    static func publishedPortUnserved(_ port: Named<Spanned<UInt16>>, of node: String) -> Diagnostic {
        Diagnostic(
            .publishedPortUnserved,
            "`\(node)` publishes port \(port.value.value) for `\(port.name.value)`, and there is no `listen.\(port.name.value)`",
            at: port.name.span,
            help: "add `listen.\(port.name.value)`, or delete the port"
        )
    }

    static func unusableLabelKey(_ key: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusableLabel,
            "`\(key.value)` cannot be the key of a label",
            at: key.span,
            help: "use up to 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends"
        )
    }

    static func unusableLabelValue(_ value: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusableLabel,
            "`\(value.value)` cannot be the value of a label",
            at: value.span,
            help: "use up to 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends"
        )
    }
}
