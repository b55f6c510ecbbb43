internal import GatewayTable

/// An address to listen on: an IPv4 or IPv6 literal and a port, where port 0 lets the system choose; or the path of a
/// Unix socket, beside which the port is 0.
package struct Endpoint: Hashable, Sendable {
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/gateway.sock`, or a port alone, as specs do.
    ///
    /// - Parameter defaultHost: whose port that is; without one a port alone is nothing.
    package init?(_ text: String, defaultHost: String? = nil) {
        if let defaultHost, let port = Endpoint.port(text[...]) {
            self.init(host: defaultHost, port: port)
            return
        }
        if text.hasPrefix("unix:/") {
            let path = String(text.dropFirst(5))
            guard SocketAddress(path: path) != nil else { return nil }
            self.init(host: path, port: 0)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Endpoint.port(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard SocketAddress(literal: host, port: port) != nil else { return nil }
        self.init(host: host, port: port)
    }

    /// Digits and nothing else.
    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt16(text) : nil
    }

    package var isPath: Bool { host.utf8.first == UInt8(ascii: "/") }

    package var text: String { isPath ? "unix:\(host)" : host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// How to serve: the command line over the environment. What is `nil` comes from the table.
package struct Options: Equatable, Sendable {
    /// A bundle's directory, or a table file.
    package var bundle: String
    package var http: [Endpoint]?
    package var https: [Endpoint]?
    package var status: Endpoint?
    package var workerCount: Int?
    /// The instant at which the lifecycle's clock starts (`--at`), in seconds since 1970.
    package var startInstant: Int64?
    package var node: String?
    /// Where processes hand over listening sockets: a path for a Unix socket (`--takeover`).
    package var takeover: String?
    /// The name server that is asked for targets, by an IPv4 address; `nil` is the system's.
    package var nameServer: Endpoint?
    /// PEM of the certificate by which this node is known.
    package var certificate: String?
    /// Where bundles are pulled from; `bundle` is then the one that was good last.
    package var source: BundleSource?
    /// Files of public keys: only bundles that one of them signed are served. Empty is every bundle.
    package var trust: [String] = []
    /// Whether an older signed bundle may follow a newer one.
    package var allowsRollback = false

    package init(bundle: String) {
        self.bundle = bundle
    }
}

/// What the command line asks for.
package enum Invocation: Equatable, Sendable {
    case serve(Options)
    /// Probe a running gateway: its status address, or the bundle that says it.
    case health(status: Endpoint?, bundle: String?)
    case help
    case version
}

/// A command line that cannot be followed. Exit code 2.
package struct UsageError: Error, Equatable, Sendable {
    /// One line, lower-case, for people.
    package var message: String
}

extension Invocation {
    /// Workers that one process may have.
    package static let workerCountMax = 256
    /// Ten years.
    private static let stalenessSecondsMax: Int64 = 3650 * 86_400

    /// Reads a command line without its first word.
    ///
    /// - Parameter variable: the environment; a variable that is empty counts as missing.
    package static func parse(
        _ arguments: [String],
        variable: (String) -> String?
    ) throws(UsageError) -> Invocation {
        let line = try CommandLineReader(arguments)
        if line.isHelp { return .help }
        if line.isVersion { return .version }
        func value(_ option: CommandLineReader.Option) -> (text: String, source: String)? {
            if let text = line.values[option]?.first { return (text, option.flag) }
            guard let text = variable(option.variable), !text.isEmpty else { return nil }
            return (text, option.variable)
        }
        let status = try value(.status).map { (given) throws(UsageError) in
            try endpoint(given.text, given.source, defaultHost: "127.0.0.1")
        }
        let bundle = line.bundle ?? variable("APIC_BUNDLE").flatMap { $0.isEmpty ? nil : $0 }
        if line.isHealth {
            try line.refuse(except: .status)
            // One that pulls its bundles keeps them in a folder of its own.
            if let bundle, value(.bundleURL) != nil {
                return .health(status: status, bundle: BundleSource(url: "", folder: bundle).bundle)
            }
            return .health(status: status, bundle: bundle)
        }
        guard let bundle else {
            throw UsageError(message: "no bundle: give its directory, or set `APIC_BUNDLE`")
        }
        var options = Options(bundle: bundle)
        options.status = status
        options.http = try endpoints(.http, line, variable: variable)
        options.https = try endpoints(.https, line, variable: variable)
        let addresses = (options.http ?? []) + (options.https ?? [])
        for (index, endpoint) in addresses.enumerated()
        where endpoint.port != 0 && addresses[..<index].contains(endpoint) {
            throw UsageError(message: "`\(endpoint.text)` is given twice")
        }
        options.workerCount = try value(.workers).map { (given) throws(UsageError) in
            guard let count = Int(given.text), (1...workerCountMax).contains(count) else {
                throw UsageError(
                    message: "\(given.source): `\(given.text)` is not a number of workers (1 to \(workerCountMax))"
                )
            }
            return count
        }
        options.startInstant = try value(.at).map { (given) throws(UsageError) in
            guard let instant = CalendarTime.instant(rfc3339: given.text.utf8) else {
                throw UsageError(
                    message:
                        "\(given.source): `\(given.text)` is not an instant like `2027-01-01T00:00:00Z` or `2027-01-01`"
                )
            }
            return instant
        }
        options.node = value(.node)?.text
        options.takeover = value(.takeover)?.text
        options.nameServer = try value(.dns).map { (given) throws(UsageError) in
            guard let server = Endpoint(given.text), !server.isPath, !server.host.contains(":"), server.port > 0 else {
                throw UsageError(
                    message: "\(given.source): `\(given.text)` is not a name server's address like `127.0.0.1:8600`"
                )
            }
            return server
        }
        options.certificate = value(.certificate)?.text
        options.trust = line.values[.trust] ?? list(variable(CommandLineReader.Option.trust.variable))
        let isRollbackOn = try isOn(.allowRollback, variable: variable)
        options.allowsRollback = isRollbackOn || line.switches.contains(.allowRollback)
        options.source = try source(bundle, options, value)
        if let source = options.source { options.bundle = source.bundle }
        return .serve(options)
    }

    private typealias Value = (CommandLineReader.Option) -> (text: String, source: String)?

    /// Where bundles are pulled from, if anybody says so.
    private static func source(
        _ folder: String,
        _ options: Options,
        _ value: Value
    ) throws(UsageError) -> BundleSource? {
        guard let given = value(.bundleURL) else {
            let others: [CommandLineReader.Option] = [.bundleCA, .key, .pullEvery, .staleWarn, .staleStop]
            for other in others.compactMap(value) {
                throw UsageError(message: "\(other.source) says something of a source; name it with `--bundle-url`")
            }
            return nil
        }
        guard let url = BundleSource.folderURL(given.text) else {
            throw UsageError(
                message: "\(given.source): `\(given.text)` is no address of a folder like `https://host/path/`"
            )
        }
        guard !options.trust.isEmpty else {
            throw UsageError(message: "\(given.source) needs `--trust`: what comes from elsewhere must be signed")
        }
        guard !folder.isEmpty, folder != "/" else {
            throw UsageError(message: "`\(folder)` is no folder to keep bundles in")
        }
        var trimmed = folder
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        var source = BundleSource(url: url, folder: trimmed)
        source.authorities = value(.bundleCA)?.text
        source.certificate = options.certificate
        source.key = value(.key)?.text
        guard source.key == nil || source.certificate != nil else {
            throw UsageError(message: "a key without its certificate shows nothing; name it with `--certificate`")
        }
        if let every = value(.pullEvery) {
            guard let seconds = Int(every.text), (1...86_400).contains(seconds) else {
                throw UsageError(
                    message: "\(every.source): `\(every.text)` is not a number of seconds (1 to 86400)"
                )
            }
            source.seconds = seconds
        }
        source.stale = StalePolicy(
            warnSeconds: try staleness(value(.staleWarn)),
            stopSeconds: try staleness(value(.staleStop))
        )
        if let stop = source.stale.stopSeconds {
            guard stop > source.seconds, stop > source.stale.warnSeconds ?? 0 else {
                throw UsageError(message: "after \(stop) seconds it would stop before it asks or warns")
            }
        }
        return source
    }

    private static func staleness(_ given: (text: String, source: String)?) throws(UsageError) -> Int64? {
        guard let given else { return nil }
        guard let seconds = Int64(given.text), (1...stalenessSecondsMax).contains(seconds) else {
            throw UsageError(
                message: "\(given.source): `\(given.text)` is not a number of seconds (1 to \(stalenessSecondsMax))"
            )
        }
        return seconds
    }

    private static func list(_ text: String?) -> [String] {
        text.map { $0.split(separator: ",").map(String.init) } ?? []
    }

    /// Whether a variable turns on what a flag without a value does.
    private static func isOn(
        _ option: CommandLineReader.Switch,
        variable: (String) -> String?
    ) throws(UsageError) -> Bool {
        switch variable(option.variable) {
        case nil, "", "0", "false": false
        case "1", "true": true
        case let text?: throw UsageError(message: "\(option.variable): `\(text)` is neither `true` nor `false`")
        }
    }

    /// The flag may be repeated; the variable holds a list with commas.
    private static func endpoints(
        _ option: CommandLineReader.Option,
        _ line: CommandLineReader,
        variable: (String) -> String?
    ) throws(UsageError) -> [Endpoint]? {
        var endpoints: [Endpoint] = []
        if let flags = line.values[option] {
            for text in flags { endpoints.append(try endpoint(text, option.flag)) }
        } else if let list = variable(option.variable), !list.isEmpty {
            for text in list.split(separator: ",", omittingEmptySubsequences: false) {
                endpoints.append(try endpoint(String(text), option.variable))
            }
        } else {
            return nil
        }
        return endpoints
    }

    /// A port alone is one of the host that it would be one of in a spec.
    private static func endpoint(
        _ text: String,
        _ source: String,
        defaultHost: String = "0.0.0.0"
    ) throws(UsageError) -> Endpoint {
        guard let endpoint = Endpoint(text, defaultHost: defaultHost) else {
            throw UsageError(
                message: "\(source): `\(text)` is no port and no address with one; write `8000` or `[::1]:8000`"
            )
        }
        return endpoint
    }
}

/// Splits a command line into flags with values, and what is no flag.
private struct CommandLineReader {
    enum Option: String, CaseIterable {
        case http
        case https
        case status
        case workers
        case at
        case node
        case takeover
        case dns
        case certificate
        case key
        case trust
        case bundleURL = "bundle-url"
        case bundleCA = "bundle-ca"
        case pullEvery = "pull-every"
        case staleWarn = "stale-warn"
        case staleStop = "stale-stop"

        var flag: String { "--\(rawValue)" }
        var variable: String { CommandLineReader.variable(of: rawValue) }
        var mayBeRepeated: Bool { self == .http || self == .https || self == .trust }
    }

    /// Flags without a value.
    enum Switch: String, CaseIterable {
        case allowRollback = "allow-rollback"

        var flag: String { "--\(rawValue)" }
        var variable: String { CommandLineReader.variable(of: rawValue) }
    }

    private static func variable(of name: String) -> String {
        "APIC_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    private(set) var values: [Option: [String]] = [:]
    private(set) var switches: Set<Switch> = []
    private(set) var isHelp = false
    private(set) var isVersion = false
    private(set) var isHealth = false
    private var words: [String] = []

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        var areFlagsOver = false
        while let argument = rest.popFirst() {
            if areFlagsOver || !argument.hasPrefix("-") || argument == "-" {
                words.append(argument)
            } else if argument == "--" {
                areFlagsOver = true
            } else if argument == "--help" || argument == "-h" {
                isHelp = true
            } else if argument == "--version" {
                isVersion = true
            } else if let option = Switch.allCases.first(where: { $0.flag == argument }) {
                switches.insert(option)
            } else {
                try take(argument, from: &rest)
            }
        }
        isHealth = arguments.first == "health"
        if isHealth { words.removeFirst() }
        guard words.count <= 1 else {
            throw UsageError(message: "`\(words[1])` is one argument too many: a gateway serves one bundle")
        }
    }

    private mutating func take(_ argument: String, from rest: inout ArraySlice<String>) throws(UsageError) {
        let equals = argument.firstIndex(of: "=")
        let flag = String(argument[..<(equals ?? argument.endIndex)])
        guard let option = Option.allCases.first(where: { $0.flag == flag }) else {
            throw UsageError(message: "unknown option `\(flag)`")
        }
        let value: String
        if let equals {
            value = String(argument[argument.index(after: equals)...])
        } else if let next = rest.popFirst() {
            value = next
        } else {
            throw UsageError(message: "`\(flag)` needs a value")
        }
        guard option.mayBeRepeated || values[option] == nil else {
            throw UsageError(message: "`\(flag)` is given twice")
        }
        values[option, default: []].append(value)
    }

    var bundle: String? { words.first }

    /// Refuses every option but one.
    func refuse(except allowed: Option) throws(UsageError) {
        for option in Option.allCases where option != allowed && values[option] != nil {
            throw UsageError(message: "`health` takes no `\(option.flag)`")
        }
        if let option = switches.first { throw UsageError(message: "`health` takes no `\(option.flag)`") }
    }
}

extension Invocation {
    /// What `--help` prints.
    package static let helpText = """
        Serves a bundle that `apic build` made.

        USAGE: apic-gateway [BUNDLE] [--http ADDR:PORT]... [--https ADDR:PORT]... [--status ADDR:PORT] [--workers N]
                            [--at INSTANT] [--node NAME] [--takeover PATH] [--dns ADDR:PORT]
                            [--certificate FILE] [--trust KEY]... [--allow-rollback]
                            [--bundle-url URL] [--bundle-ca FILE] [--key FILE] [--pull-every SECONDS]
                            [--stale-warn SECONDS] [--stale-stop SECONDS]
               apic-gateway health [BUNDLE] [--status ADDR:PORT]

        BUNDLE is a bundle's directory, or a table file. A flag beats its variable, a variable beats the bundle.

          --http ADDR:PORT    Listen here for requests; may be repeated.          APIC_HTTP (a list with commas)
          --https ADDR:PORT   The same over TLS, with the bundle's certificates. APIC_HTTPS (a list with commas)
          --status ADDR:PORT  Listen here for /live, /ready, /status, /metrics.   APIC_STATUS
          --workers N         Event loops, each on a thread; one per core.        APIC_WORKERS
          --at INSTANT        Start the lifecycle's clock here, for rehearsals.   APIC_AT
          --node NAME         Which node of the spec this is.                     APIC_NODE
          --takeover PATH     Take over the sockets of the gateway that serves,   APIC_TAKEOVER
                              at this path, and give them to the next one.
          --dns ADDR:PORT     Ask this name server for targets, and no other.     APIC_DNS
          --certificate FILE  The certificate by which this node is known: if a   APIC_CERTIFICATE
                              bundle revokes it, the node stops serving.
          --trust KEY         Serve only bundles that this public key signed;     APIC_TRUST (a list with commas)
                              may be repeated.
          --allow-rollback    Let an older bundle follow a newer one.             APIC_ALLOW_ROLLBACK
          --bundle-url URL    Pull signed bundles from here, and keep the last    APIC_BUNDLE_URL
                              good one in the folder BUNDLE.
          --bundle-ca FILE    Whom that server must prove to be of, as PEM.       APIC_BUNDLE_CA
          --key FILE          The key of the certificate, which is shown to it.   APIC_KEY
          --pull-every SECONDS  How often it is asked; 30 seconds.                APIC_PULL_EVERY
          --stale-warn SECONDS  Warn when it was silent for so long.              APIC_STALE_WARN
          --stale-stop SECONDS  Answer 503 when it was silent for so long.        APIC_STALE_STOP
          --version           Print the version.
          --help              Print this.
                              The bundle, if none is given.                       APIC_BUNDLE

        health   Exit 0 if the gateway on this machine is ready, 1 if not.

        Sockets that a service manager opened (LISTEN_FDS) are used for the addresses that they are bound to.

        SIGHUP loads the bundle, its secrets and certificates again, SIGUSR1 reopens the access log, SIGTERM and SIGINT drain; a second
        one ends at once. Exit codes: 0 fine, 1 could not start or is not ready, 2 wrong usage.

        """

    /// What `--version` prints.
    package static let versionText = "apic-gateway 0.1.0 (table format \(TableLayout.formatVersion))\n"
}
