import TestSupport

/// The smallest spec that forwards: everything under `/`, to one upstream.
enum PlainSpec {
    /// - Parameters:
    ///   - upstream: settings of the upstream beside its targets, as YAML in one line.
    ///   - top: whole lines before `upstreams`.
    ///   - scheme: of the targets.
    static func text(
        _ ports: [UInt16],
        upstream: String = "",
        top: String = "",
        plugins: String = "[]",
        scheme: String = "http"
    ) -> String {
        let targets = ports.map { "\"\(scheme)://127.0.0.1:\($0)\"" }.joined(separator: ", ")
        return """
            \(top)
            upstreams: { up: { targets: [ \(targets) ]\(upstream.isEmpty ? "" : ", ")\(upstream) } }
            apis:
              all:
                path: /
                upstream: up
                plugins: \(plugins)
                versioning: { by: header, name: X-Version-Of-All }
                versions: { v1: { default: true, routes: [ "ANY /**" ] } }
            """
    }

    static func text(_ upstream: ScriptedUpstream, upstream settings: String = "", top: String = "") -> String {
        text([upstream.port], upstream: settings, top: top)
    }
}
