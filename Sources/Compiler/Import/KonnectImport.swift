/// Konnect's quickstart script, `docker run … -e KONG_… kong/kong-gateway:…`, as files: an env file, a service for
/// Compose, the node's certificate and key, and the node for a spec.
package enum KonnectImport {
    /// A file to write.
    package struct File: Equatable, Sendable {
        /// Relative to the folder of the import.
        package var path: String
        package var text: String
        /// For its owner only.
        package var isSecret = false
    }

    /// What came of a script.
    package struct Outcome: Sendable {
        package var files: [File] = []
        package var notes: [ImportNote] = []
    }

    private static let certificateVariable = "KONG_CLUSTER_CERT"
    private static let keyVariable = "KONG_CLUSTER_CERT_KEY"

    /// - Parameter node: what the node is called: a DNS label.
    /// - Returns: no files if there is nothing to import; then a note says why.
    package static func translate(_ bytes: [UInt8], node: String) -> Outcome {
        var outcome = Outcome()
        func note(_ kind: ImportNote.Kind, _ message: String, line: Int) {
            outcome.notes.append(ImportNote(kind: kind, message: message, position: .init(line: line, column: 1)))
        }
        guard bytes.count <= ShellWords.byteCountMax else {
            note(.mistake, "the script has more than \(ShellWords.byteCountMax >> 20) MiB", line: 1)
            return outcome
        }
        let commands: [[ShellWords.Word]]
        do throws(ShellWords.Fault) { commands = try ShellWords.commands(bytes) } catch {
            note(.mistake, error.message, line: error.line)
            return outcome
        }
        let runs = commands.compactMap(DockerRun.init)
        guard let run = runs.first else {
            note(.mistake, "there is no `docker run` in the script", line: 1)
            return outcome
        }
        if runs.count > 1 { note(.lost, "every `docker run` but the first", line: runs[1].line) }
        for (word, line) in run.unknown { note(.lost, "`\(word.excerpt)`", line: line) }
        for variable in run.variables where variable.isDynamic {
            note(
                .changed,
                "`\(variable.name.excerpt)` was to be replaced by the shell, and is as it is written",
                line: variable.line
            )
        }
        guard let image = run.image else {
            note(.mistake, "`docker run` names no image", line: run.line)
            return outcome
        }
        outcome.files = files(run, image: image, node: node)
        return outcome
    }

    private static func files(_ run: DockerRun, image: String, node: String) -> [File] {
        var files: [File] = []
        var variables: [(name: String, value: String)] = []
        var secrets: [(name: String, file: String)] = []
        for variable in run.variables {
            let isPEM = variable.value.contains("-----BEGIN ")
            switch variable.name {
            case certificateVariable where isPEM, keyVariable where isPEM:
                let isKey = variable.name == keyVariable
                let file = "\(node).\(isKey ? "key" : "crt")"
                files.append(File(path: file, text: pem(variable.value), isSecret: isKey))
                secrets.append((isKey ? "\(node)-key" : "\(node)-crt", file))
                variables.append((variable.name, "/run/secrets/\(file)"))
            default: variables.append((variable.name, variable.value))
            }
        }
        let lines = variables.map { "\($0.name)=\(environmentText($0.value))\n" }
        files.append(File(path: "\(node).env", text: lines.joined(), isSecret: true))
        files.append(File(path: "docker-compose.yml", text: compose(run, image: image, node: node, secrets)))
        files.append(File(path: "node.yaml", text: spec(run, image: image, node: node)))
        return files
    }

    /// With its line breaks: scripts have them as they are, or as `\n`.
    private static func pem(_ text: String) -> String {
        let lines = text.replacing("\\n", with: "\n").split(separator: "\n").map { line in
            String(line.drop { $0 == " " || $0 == "\t" })
        }
        return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    /// Plain where that is safe, else in double quotes as Compose reads them.
    private static func environmentText(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { byte in
            Digits.isLetterOrDigit(byte) || "-_.,:/@+=%".utf8.contains(byte)
        }
        if isPlain { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\", "\"", "$": text += "\\" + String(scalar)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    private static func compose(
        _ run: DockerRun,
        image: String,
        node: String,
        _ secrets: [(name: String, file: String)]
    ) -> String {
        var text =
            "services:\n  \(YAMLText.quoted(node)):\n    image: \(composeText(image))\n    restart: unless-stopped\n"
        text += "    env_file: [ \(composeText("\(node).env")) ]\n"
        if !run.ports.isEmpty { text += "    ports: [ \(run.ports.map(composeText).joined(separator: ", ")) ]\n" }
        if !secrets.isEmpty {
            let uses = secrets.map { "{ source: \(composeText($0.name)), target: \(composeText($0.file)) }" }
            text += "    secrets: [ \(uses.joined(separator: ", ")) ]\n"
            text += "secrets:\n"
            for secret in secrets {
                text += "  \(composeText(secret.name)): { file: \(composeText("./\(secret.file)")) }\n"
            }
        }
        return text
    }

    /// Compose replaces variables in its file, too.
    private static func composeText(_ text: String) -> String { YAMLText.quoted(text.replacing("$", with: "$$")) }

    private static func spec(_ run: DockerRun, image: String, node: String) -> String {
        var settings: [String] = []
        var ports: [String] = []
        for (container, name) in [("8000", "http"), ("8443", "https")] {
            guard let port = run.publishedPort(of: container) else { continue }
            ports.append("\(name): \(port)")
        }
        if !ports.isEmpty { settings.append("ports: { \(ports.joined(separator: ", ")) }") }
        let labels = run.value(of: "KONG_CLUSTER_DP_LABELS") ?? ""
        let pairs = labels.split(separator: ",").compactMap { label -> String? in
            let parts = label.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { return nil }
            let (key, value) = (parts[0], parts[1])
            return "\(YAMLText.literal(key)): \(YAMLText.literal(value))"
        }
        if !pairs.isEmpty { settings.append("labels: { \(pairs.joined(separator: ", ")) }") }
        if let controlPlane = run.value(of: "KONG_CLUSTER_CONTROL_PLANE") {
            var kong = ["control-plane: \(YAMLText.literal(controlPlane))"]
            if let telemetry = run.value(of: "KONG_CLUSTER_TELEMETRY_ENDPOINT") {
                kong.append("telemetry: \(YAMLText.literal(telemetry))")
            }
            kong.append("image: \(YAMLText.literal(image))")
            settings += ["runtime: kong", "kong: { \(kong.joined(separator: ", ")) }"]
        }
        return "# Was \(image.filter { $0 >= " " }); a part of a spec: apic build api.yaml node.yaml\n"
            + "# What it emits looks for \(node).crt and \(node).key in the folder APIC_SECRETS.\nnodes:\n"
            + "  \(YAMLText.quoted(node)): { \(settings.joined(separator: ", ")) }\n"
    }
}

/// A `docker run`.
private struct DockerRun {
    /// `-e NAME=VALUE`.
    struct Variable {
        var name: String
        var value: String
        var line: Int
        var isDynamic: Bool
    }

    /// Flags of `docker run` that say nothing about the node.
    private static let switches: Set<String> = [
        "-d", "--detach", "-i", "-t", "-it", "-dit", "--rm", "--init", "--interactive", "--tty",
    ]
    private static let passedOver: Set<String> = ["--name", "--restart", "--pull", "--platform"]

    var line: Int
    var variables: [Variable] = []
    var ports: [String] = []
    var image: String?
    var unknown: [(word: String, line: Int)] = []

    init?(_ words: [ShellWords.Word]) {
        var rest = words[...]
        // `sudo docker container run …`.
        guard
            let docker = rest.firstIndex(where: {
                $0.text == "docker" || $0.text.hasSuffix("/docker") || $0.text == "podman"
            })
        else { return nil }
        rest = rest[(docker + 1)...]
        if rest.first?.text == "container" { rest.removeFirst() }
        guard rest.first?.text == "run" else { return nil }
        line = rest.removeFirst().line
        while let word = rest.popFirst() {
            let text = word.text
            guard text.hasPrefix("-") else {
                image = text
                for argument in rest { unknown.append((argument.text, argument.line)) }
                return
            }
            if Self.switches.contains(text) { continue }
            var value: ShellWords.Word?
            var flag = text
            if text.hasPrefix("--"), let equals = text.firstIndex(of: "=") {
                flag = String(text[..<equals])
                value = word
                value?.text = String(text[text.index(after: equals)...])
            } else if !text.hasPrefix("--"), text.utf8.count > 2, ["-e", "-p"].contains(text.prefix(2)) {
                flag = String(text.prefix(2))
                value = word
                value?.text = String(text.dropFirst(2))
            } else {
                value = rest.popFirst()
            }
            guard let value else {
                unknown.append((text, word.line))
                continue
            }
            switch flag {
            case "-e", "--env":
                let equals = value.text.firstIndex(of: "=")
                variables.removeAll { $0.name == value.text.prefix(upTo: equals ?? value.text.endIndex) }
                guard let equals else {
                    unknown.append(("\(flag) \(value.text)", value.line))
                    continue
                }
                variables.append(
                    Variable(
                        name: String(value.text[..<equals]),
                        value: String(value.text[value.text.index(after: equals)...]),
                        line: value.line,
                        isDynamic: value.isDynamic
                    )
                )
            case "-p", "--publish": ports.append(value.text)
            case _ where Self.passedOver.contains(flag): continue
            default: unknown.append(("\(flag) \(value.text)", word.line))
            }
        }
    }

    /// Of a variable that the shell was not to fill in.
    func value(of name: String) -> String? {
        variables.first { $0.name == name && !$0.isDynamic && !$0.value.isEmpty }?.value
    }

    /// The port of the host that leads to one of the container.
    func publishedPort(of container: String) -> String? {
        for port in ports {
            let parts = port.split(separator: "/")[0].split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 2, parts[parts.count - 1] == container else { continue }
            let published = String(parts[parts.count - 2])
            if UInt16(published) != nil { return published }
        }
        return nil
    }
}
