internal import GatewayIR
internal import GatewayTable

/// An audit as text: Markdown for people, JSON for programs.
struct AuditReport {
    let audit: Audit

    // MARK: Markdown

    var markdown: String {
        let routes = audit.routes()
        let open = routes.filter(\.isOpen)
        let unlimited = routes.filter { $0.limits == "no limit" }
        var text = """
            # Audit of \(audit.gateway.name)

            As of \(CalendarTime(audit.instant).rfc3339): \(routes.count) routes, of which \(open.count) are open to everyone \
            and \(unlimited.count) have no rate limit; \(audit.gateway.consumers.count) consumers.

            ## Routes


            """
        text += table(
            ["method", "path", "version", "state", "who", "how often", "from where", "pages", "body", "to", "spec"],
            routes.map { row in
                [
                    row.method, "`\(row.path)`", row.version, row.state, row.isOpen ? "**\(row.who)**" : row.who,
                    row.limits, row.addresses, row.origins, row.body, row.leads, row.position,
                ]
            }
        )
        text += "\n## Consumers\n\n"
        text += table(
            ["consumer", "groups", "credential", "kind", "valid"],
            audit.credentials().map { [$0.consumer, $0.groups, $0.id, $0.kind, $0.validity] }
        )
        return text
    }

    private func table(_ columns: [String], _ rows: [[String]]) -> String {
        let lines = [columns, columns.map { _ in "---" }] + rows
        return lines.map { "| " + $0.map(escaped).joined(separator: " | ") + " |\n" }.joined()
    }

    private func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == "|" ? "\\|" : $0.isNewline ? " " : String($0) })
    }

    // MARK: JSON

    /// One object on one line.
    var json: String {
        let routes = audit.routes().map { row in
            JSONText.object([
                ("method", JSONText.quoted(row.method)), ("path", JSONText.quoted(row.path)),
                ("version", JSONText.quoted(row.version)), ("state", JSONText.quoted(row.state)),
                ("who", JSONText.quoted(row.who)), ("open", row.isOpen ? "true" : "false"),
                ("limits", JSONText.quoted(row.limits)), ("addresses", JSONText.quoted(row.addresses)),
                ("origins", JSONText.quoted(row.origins)), ("body", JSONText.quoted(row.body)),
                ("to", JSONText.quoted(row.leads)), ("position", JSONText.quoted(row.position)),
            ])
        }
        let credentials = audit.credentials().map { row in
            JSONText.object([
                ("consumer", JSONText.quoted(row.consumer)), ("groups", JSONText.quoted(row.groups)),
                ("credential", JSONText.quoted(row.id)), ("kind", JSONText.quoted(row.kind)),
                ("valid", JSONText.quoted(row.validity)),
            ])
        }
        return JSONText.object([
            ("gateway", JSONText.quoted(audit.gateway.name)),
            ("at", JSONText.quoted(CalendarTime(audit.instant).rfc3339)),
            ("routes", "[" + routes.joined(separator: ",") + "]"),
            ("consumers", "[" + credentials.joined(separator: ",") + "]"),
        ])
    }
}
