/// An OpenAPI description (3.0, 3.1) as an API with one version: a route for each operation, authentication where its
/// security asks for what the gateway knows, and everything else told with its line.
package enum OpenAPIImport {
    package static func translate(_ file: SourceFile, gateway: String) -> ImportedSpec {
        var result = ImportedSpec()
        let outcome = YAMLReader.read(file: 0, into: SyntaxTree(files: [file.bytes]), expandedNodeCount: 0)
        result.diagnostics = outcome.diagnostics
        guard let root = outcome.root, !outcome.diagnostics.contains(where: { $0.severity == .error }) else {
            return result
        }
        var translation = OpenAPITranslation(ImportFile(outcome.tree, file))
        let isRead = translation.read(outcome.tree.resolved(root))
        result.notes = translation.file.notes.sorted { left, right in
            (left.position.line, left.position.column) < (right.position.line, right.position.column)
        }
        if isRead { result.spec = translation.spec(gateway: gateway) }
        return result
    }
}

/// A description on its way to a spec.
struct OpenAPITranslation {
    private struct Operation {
        var method: String
        var path: String
        var isDeprecated: Bool
        /// YAML; `nil` is nothing of its own.
        var plugins: [String]?
    }

    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "query"]

    var file: ImportFile
    private var title = ""
    private var name = "api"
    private var version = "v1"
    /// Where the description's paths begin.
    private var base = ""
    private var target: String?
    private var schemes: [String: String] = [:]
    private var operations: [Operation] = []

    init(_ file: ImportFile) { self.file = file }

    /// - Returns: whether it is such a description.
    mutating func read(_ root: NodeIndex) -> Bool {
        guard let document = file.entity(root, "a description") else { return false }
        guard let number = file.text(document["openapi"]), number.hasPrefix("3.") else {
            file.mistake("this says no `openapi: 3.…`; OpenAPI 3.0 and 3.1 are read", at: root)
            return false
        }
        if let info = document["info"].flatMap({ file.entity($0, "`info`") }) {
            title = file.text(info["title"]) ?? ""
            name = YAMLText.name(title.lowercased().replacing(" ", with: "-"))
            let digits = (file.text(info["version"]) ?? "").drop { $0 == "v" || $0 == "V" }.prefix { $0.isNumber }
            version = "v" + (digits.isEmpty ? "1" : String(digits))
        }
        readServers(document["servers"])
        readSchemes(document)
        let security = document["security"].map { plugins(ofSecurity: $0) }
        guard let paths = document["paths"].flatMap({ file.entity($0, "`paths`") }) else {
            file.mistake("the description has no `paths`", at: root)
            return false
        }
        for (path, key, value) in paths.entries where !path.hasPrefix("x-") {
            read(path: path, key, value, security: security)
        }
        if document["webhooks"] != nil { file.lost("`webhooks`: they are calls of the server's", at: document.node) }
        return true
    }

    private mutating func readServers(_ node: NodeIndex?) {
        let servers = file.entities(node, "a server")
        guard let first = servers.first, let url = file.text(first["url"]) else {
            return file.changed("no `servers`: the upstream is a placeholder", at: node ?? NodeIndex(rawValue: 0))
        }
        if servers.count > 1 { file.changed("all servers but the first are left out", at: servers[1].node) }
        guard !url.contains("{") else {
            return file.lost("variables in the URL of a server: the upstream is a placeholder", at: first.node)
        }
        var path = url[...]
        if let end = url.firstRange(of: "://") {
            let rest = url[end.upperBound...]
            let authority = rest.prefix { $0 != "/" }
            let scheme = url[..<end.lowerBound].lowercased()
            if scheme == "http" || scheme == "https" {
                let port = authority.contains(":") ? "" : scheme == "https" ? ":443" : ":80"
                target = "\(scheme)://\(authority)\(port)"
            }
            path = rest.dropFirst(authority.count)
        }
        while path.hasSuffix("/") { path.removeLast() }
        base = String(path)
    }

    /// What the gateway knows of each scheme.
    private mutating func readSchemes(_ document: ImportFile.Entity) {
        guard let components = document["components"].flatMap({ file.entity($0, "`components`") }),
            let all = components["securitySchemes"].flatMap({ file.entity($0, "`securitySchemes`") })
        else { return }
        for (name, key, value) in all.entries {
            guard let scheme = file.entity(value, "a scheme") else { continue }
            let parameter = file.text(scheme["name"]) ?? "apikey"
            switch (file.text(scheme["type"]), file.text(scheme["in"]), file.text(scheme["scheme"])?.lowercased()) {
            case ("apiKey", "header", _): schemes[name] = "key-auth: { header: \(YAMLText.literal(parameter)) }"
            case ("apiKey", "query", _): schemes[name] = "key-auth: { query: \(YAMLText.literal(parameter)) }"
            case ("apiKey", "cookie", _): schemes[name] = "key-auth: { cookie: \(YAMLText.literal(parameter)) }"
            case ("http", _, "basic"): schemes[name] = "basic-auth"
            default: file.lost("security scheme `\(name.excerpt)`: the upstream has to ask for it itself", at: key)
            }
        }
    }

    /// The plugins that a list of requirements asks for: one of its alternatives is enough.
    private mutating func plugins(ofSecurity node: NodeIndex) -> [String] {
        var known: [String] = []
        var isLenient = false
        for alternative in file.entities(node, "a requirement") {
            if alternative.entries.isEmpty { isLenient = true }
            let found = alternative.entries.compactMap { schemes[$0.name] }
            if found.count < alternative.entries.count { isLenient = true }
            if alternative.entries.count > 1 {
                file.changed("of several schemes that are all asked for, any one is enough", at: alternative.node)
            }
            for plugin in found where !known.contains(plugin) { known.append(plugin) }
        }
        // Whom the gateway cannot know, it must let pass.
        if isLenient, !known.isEmpty {
            file.changed(
                "security that is optional, or that the gateway does not know, is left to the upstream",
                at: node
            )
            return []
        }
        if known.count(where: { $0.hasPrefix("key-auth") }) > 1 {
            file.lost("all schemes of keys but the first", at: node)
            let first = known.first { $0.hasPrefix("key-auth") }
            known.removeAll { $0.hasPrefix("key-auth") && $0 != first }
        }
        return known.count > 1 ? known + ["authentication: { require: any }"] : known
    }

    private mutating func read(path: String, _ key: NodeIndex, _ value: NodeIndex, security: [String]?) {
        guard let item = file.entity(value, "a path") else { return }
        if item["$ref"] != nil { return file.lost("path `\(path.excerpt)`, which is somewhere else (`$ref`)", at: key) }
        guard let pattern = pattern(path, at: key) else { return }
        for (name, key, value) in item.entries where Self.methods.contains(name) {
            guard let operation = file.entity(value, "an operation") else { continue }
            let isDeprecated = file.boolean(operation["deprecated"]) ?? false
            if isDeprecated {
                file.changed(
                    "`\(name.uppercased()) \(path.excerpt)` is deprecated: here versions are, with dates",
                    at: key
                )
            }
            let own = operation["security"].map { plugins(ofSecurity: $0) } ?? security
            operations.append(
                Operation(method: name.uppercased(), path: pattern, isDeprecated: isDeprecated, plugins: own)
            )
        }
        if let trace = item["trace"] { file.lost("`TRACE \(path.excerpt)`", at: trace) }
    }

    /// A path with its parameters as captures; `nil`, with a note, if it cannot be one.
    private mutating func pattern(_ path: String, at node: NodeIndex) -> String? {
        guard path.hasPrefix("/") else {
            file.mistake("a path begins with `/`", at: node)
            return nil
        }
        var segments: [String] = []
        for segment in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard segment.contains("{") || segment.contains("}") else {
                segments.append(String(segment))
                continue
            }
            guard segment.hasPrefix("{"), segment.hasSuffix("}"), segment.count(where: { "{}".contains($0) }) == 2
            else {
                file.lost("path `\(path.excerpt)`: a parameter is a whole segment", at: node)
                return nil
            }
            let letters = segment.dropFirst().dropLast().utf8.map {
                Digits.isLetterOrDigit($0) ? $0 : UInt8(ascii: "_")
            }
            segments.append("{\(String(decoding: letters, as: UTF8.self))}")
        }
        return "/" + segments.joined(separator: "/")
    }

    // MARK: Writing

    func spec(gateway: String) -> String {
        // `/orders/v1` says the version already.
        let last = base.split(separator: "/").last.map(String.init) ?? ""
        let isVersioned = last.count > 1 && last.hasPrefix("v") && last.dropFirst().allSatisfy(\.isNumber)
        let version = isVersioned ? last : self.version
        let prefix = isVersioned ? String(base.dropLast(last.count + 1)) : base
        let path = prefix.isEmpty ? "/\(name)" : prefix
        let isSame = isVersioned && !prefix.isEmpty
        var text =
            "# Imported from an OpenAPI description.\napic: 1\ngateway: \(YAMLText.quoted(YAMLText.name(gateway)))\n"
        let server = target ?? "http://localhost:8080"
        text += "\nupstreams:\n  \(YAMLText.quoted(name)): { targets: [ \(YAMLText.literal(server)) ] }\n"
        text += "\napis:\n  \(YAMLText.quoted(name)):\n"
        if !title.isEmpty { text += "    title: \(YAMLText.literal(title))\n" }
        text += "    path: \(YAMLText.quoted(path))\n    upstream: \(YAMLText.quoted(name))\n"
        text += "    versions:\n      \(YAMLText.quoted(version)):\n"
        guard !operations.isEmpty else { return text + "        routes: []\n" }
        text += "        routes:\n"
        let indent = String(repeating: " ", count: 12)
        for operation in operations {
            let deprecated = operation.isDeprecated ? "   # deprecated" : ""
            text += "          - match: \(YAMLText.literal("\(operation.method) \(operation.path)"))\(deprecated)\n"
            if isSame {
                text += "\(indent)strip: false\n"
            } else if !base.isEmpty {
                text += "\(indent)rewrite: \(YAMLText.literal(base + operation.path))\n"
            }
            let plugins = operation.plugins ?? []
            if !plugins.isEmpty { text += "\(indent)plugins:\n" + plugins.map { "\(indent)  - \($0)\n" }.joined() }
        }
        return text
    }
}
