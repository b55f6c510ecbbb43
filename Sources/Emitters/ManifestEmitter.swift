internal import Digests
internal import GatewayIR
internal import GatewayTable

/// `manifest.json`: what a bundle holds, so that tools can check it and a later build knows which files are its own.
enum ManifestEmitter {
    /// - Parameter artifacts: every other file of the bundle.
    static func emit(_ plan: DeployPlan, sources: [[UInt8]], artifacts: [Artifact]) -> Artifact {
        let gateway = plan.gateway
        var json = ManifestJSON()
        json.open("{")
        json.field("manifest", 1)
        json.field("gateway", gateway.name)
        json.field("compiler", "apic \(CompilerVersion.text)")
        json.field("table-format", Int(TableLayout.formatVersion))
        json.open("{", key: "spec")
        json.field("sha256", digest(of: sources))
        json.field("files", sources.count)
        json.field("size", sources.reduce(0) { $0 + $1.count })
        json.close("}")
        json.open("{", key: "counts")
        json.field("apis", gateway.apis.count)
        json.field("versions", gateway.versions.count)
        json.field("routes", gateway.routes.count)
        json.field("upstreams", gateway.upstreams.count)
        json.field("consumers", gateway.consumers.count)
        json.field("nodes", gateway.nodes.count)
        json.close("}")
        json.open("{", key: "secrets")
        json.list("variables", plan.secretVariables)
        json.list("files", plan.secretFiles)
        json.close("}")
        json.open("[", key: "artifacts")
        for artifact in artifacts.sorted(by: { $0.path < $1.path }) {
            json.open("{")
            json.field("path", artifact.path)
            json.field("sha256", SHA256.digest(artifact.bytes).hex)
            json.field("size", artifact.bytes.count)
            json.close("}")
        }
        json.close("]")
        json.close("}")
        return Artifact(path: Bundle.manifestPath, bytes: Array((json.text + "\n").utf8))
    }

    /// Of the files one after the other: what `cat FILE... | sha256sum` prints.
    private static func digest(of sources: [[UInt8]]) -> String {
        var state = SHA256()
        for source in sources { state.update(source) }
        return state.finish().hex
    }
}

/// Writes indented JSON in the order of the calls.
private struct ManifestJSON {
    private(set) var text = ""
    private var depth = 0
    private var isFirst = true

    mutating func open(_ bracket: String, key: String? = nil) {
        begin(key)
        text += bracket
        depth += 1
        isFirst = true
    }

    mutating func close(_ bracket: String) {
        depth -= 1
        if !isFirst { text += "\n" + String(repeating: "  ", count: depth) }
        text += bracket
        isFirst = false
    }

    mutating func field(_ key: String, _ value: String) {
        begin(key)
        text += JSONText.quoted(value)
    }

    mutating func field(_ key: String, _ value: Int) {
        begin(key)
        text += "\(value)"
    }

    mutating func list(_ key: String, _ values: [String]) {
        begin(key)
        text += "[" + values.map(JSONText.quoted).joined(separator: ", ") + "]"
    }

    private mutating func begin(_ key: String?) {
        if !isFirst { text += "," }
        if depth > 0 { text += "\n" + String(repeating: "  ", count: depth) }
        if let key { text += JSONText.quoted(key) + ": " }
        isFirst = false
    }
}
