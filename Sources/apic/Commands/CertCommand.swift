internal import ArgumentParser
internal import Credentials
internal import GatewayTable

/// `apic cert`.
struct CertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Certificates of nodes: make an authority, issue, revoke, list.",
        discussion: """
            apic cert init                        ca/authority.crt and its key
            apic cert issue eu-1                  ca/eu-1.crt and its key
            apic cert revoke eu-1                 ca/revoked.yaml; then:
            apic build api.yaml ca/revoked.yaml   the node stops when it loads that bundle
            """,
        subcommands: [InitCertCommand.self, IssueCommand.self, RevokeCommand.self, ListCommand.self]
    )

    /// Where the authority is.
    struct AuthorityArguments: ParsableArguments {
        @Option(help: ArgumentHelp("The authority's folder.", valueName: "folder"), completion: .directory)
        var ca = "ca"
    }

    /// Ten years.
    static let authorityDays = 3_650
    static let nodeDays = 90
    /// From here on `list` and `build` say that a certificate ends soon.
    static let soonDays: Int64 = 30

    /// A DNS label: it becomes the certificate's name, and a file's.
    static func check(node name: String) throws(Misuse) {
        let bytes = Array(name.utf8)
        let isLabel = bytes.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
        guard name != NodeAuthority.ownName else {
            throw Misuse(message: "`\(name)` cannot name a node: that is what the authority's files are called")
        }
        guard isLabel, (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"),
            bytes.last != UInt8(ascii: "-")
        else {
            throw Misuse(
                message: "`\(name)` cannot name a node: write lower-case letters, digits and `-`, as under `nodes`"
            )
        }
    }

    static func check(days: Int) throws(Misuse) {
        guard (1...36_500).contains(days) else {
            throw Misuse(message: "`--days \(days)` is not between 1 and 36500")
        }
    }

    static func date(_ instant: Int64) -> String { String(CalendarTime(instant).rfc3339.prefix(10)) }
}

/// `apic cert init`.
struct InitCertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a certificate authority for nodes. Never overwrites."
    )

    @OptionGroup var authority: CertCommand.AuthorityArguments

    @Option(help: "What the authority is called.")
    var name = "node authority"

    @Option(help: "How long its certificate is valid.")
    var days = CertCommand.authorityDays

    func run() throws {
        try CertCommand.check(days: days)
        guard (1...64).contains(name.count) else {
            throw Misuse(message: "`--name` has between 1 and 64 characters")
        }
        try NodeAuthority.make(in: authority.ca, name: name, days: days, now: try Instants.parse(nil))
        Terminal.output.writeLine(
            "wrote \(authority.ca)/\(NodeAuthority.certificatePath) and \(authority.ca)/\(NodeAuthority.keyPath)"
        )
    }
}

/// `apic cert issue`.
struct IssueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Make a certificate and a key for a node. Never overwrites."
    )

    @Argument(help: "The node's name in the spec.")
    var node: String

    @OptionGroup var authority: CertCommand.AuthorityArguments

    @Option(help: "How long the certificate is valid.")
    var days = CertCommand.nodeDays

    @Flag(help: "Move what the node has already aside, and make a new pair.")
    var renew = false

    func run() throws {
        try CertCommand.check(node: node)
        try CertCommand.check(days: days)
        let issued = try NodeAuthority(authority.ca).issue(
            node,
            days: days,
            isRenewal: renew,
            now: try Instants.parse(nil)
        )
        Terminal.output.writeLine(
            "wrote \(authority.ca)/\(issued.path) and its key: until \(CertCommand.date(issued.facts.expiry)), "
                + "sha256:\(BundleStatement.hex(issued.facts.fingerprint))"
        )
    }
}

/// `apic cert revoke`.
struct RevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take all certificates of a node back, in a new epoch of revoked.yaml."
    )

    @Argument(help: "The node.")
    var node: String

    @OptionGroup var authority: CertCommand.AuthorityArguments

    @Option(
        help: ArgumentHelp(
            "Until when the node goes on, like 2027-01-01; default: it stops when it loads the bundle.",
            valueName: "instant"
        )
    )
    var serveUntil: String?

    func run() throws {
        try CertCommand.check(node: node)
        let until = try serveUntil.map { (text) throws(Misuse) in try Instants.parse(text) }
        let fingerprints = try NodeAuthority(authority.ca).issued().filter { $0.node == node }.map(\.facts.fingerprint)
        guard !fingerprints.isEmpty else {
            throw FileFailure("`\(authority.ca)` has no certificate of `\(node)`; `apic cert list` shows all")
        }
        var file = try RevocationFile(of: authority.ca)
        try file.revoke(fingerprints, serveUntil: until)
        try file.write()
        let path = "\(authority.ca)/\(RevocationFile.name)"
        Terminal.output.writeLine(
            "wrote \(path), epoch \(file.epoch); build it into the bundle: apic build api.yaml \(path)"
        )
    }
}

/// `apic cert list`.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print the certificates of all nodes: until when they are valid, and which were revoked."
    )

    @OptionGroup var authority: CertCommand.AuthorityArguments

    func run() throws {
        let now = try Instants.parse(nil)
        let revoked = try RevocationFile(of: authority.ca)
        var rows = [["NODE", "UNTIL", "STATE", "SHA-256", "FILE"]]
        for issued in try NodeAuthority(authority.ca).issued() {
            rows.append([
                issued.node, CertCommand.date(issued.facts.expiry), Self.state(issued, revoked, now),
                BundleStatement.hex(issued.facts.fingerprint), issued.path,
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { text, width in
                text + String(repeating: " ", count: width - text.count)
            }
            Terminal.output.writeLine(String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()))
        }
    }

    private static func state(_ issued: NodeAuthority.Issued, _ revoked: RevocationFile, _ now: Int64) -> String {
        if let entry = revoked.entry(of: issued.facts.fingerprint) {
            return entry.serveUntil.map { "revoked from \(CertCommand.date($0))" } ?? "revoked"
        }
        if issued.facts.expiry <= now { return "expired" }
        return issued.facts.expiry - now <= CertCommand.soonDays * NodeAuthority.daySeconds ? "ends soon" : "valid"
    }
}
