internal import GatewayIR

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

    static func labelOfKong(_ key: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unusableLabel,
            "`\(key.value)` cannot be the key of a label of Kong's: it has no domain in front",
            at: key.span,
            help: "delete what stands before the `/`, and the `/`"
        )
    }

    static func controlPlaneMissing(_ runtime: Spanned<NodeRuntime>, node: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .controlPlaneMissing,
            "`\(node.value)` runs Kong, and nothing says where its control plane is",
            at: runtime.span,
            help: "add `kong: { control-plane: HOST }`"
        )
    }

    static func kongWithoutKong(at span: SourceSpan, node: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .otherRuntime,
            "`\(node.value)` does not run Kong",
            at: span,
            help: "add `runtime: kong`, or delete `kong`"
        )
    }

    static func notForKong(_ key: String, at span: SourceSpan, runtime: Spanned<NodeRuntime>) -> Diagnostic {
        Diagnostic(
            .otherRuntime,
            "`\(key)` is the gateway's own; a node that runs Kong has none",
            at: span,
            related: [.init(runtime.span, "it runs Kong")],
            help: "delete it"
        )
    }
}
