package import GatewayIR
internal import GatewayTable

/// A gateway as a declarative file of Kong's (format 3.0, as decK reads it), at one instant: Kong has no dates.
///
/// Who may call what is kept exactly, or the gateway is refused: what Kong cannot express is named, each with where it
/// stands, and then there is no file. What it does a little differently is named, too.
package struct KongExport {
    /// Something that Kong does otherwise.
    package struct Note: Hashable, Sendable {
        package enum Kind: String, Sendable {
            /// There is nothing like it in Kong, and no file.
            case refused
            /// The file has something near it.
            case changed
        }

        package var kind: Kind
        /// One clause.
        package var text: String
        /// Where it stands in the spec, if that is one place.
        package var origin: Origin?
    }

    /// The file; empty if something was refused.
    package private(set) var text = ""
    /// In the order of the spec, each once.
    package private(set) var notes: [Note] = []

    private let gateway: Gateway
    private let instant: Instant
    private var known: Set<Note> = []

    /// - Parameter instant: states of versions and credentials are those of this instant.
    package init(_ gateway: Gateway, at instant: Instant) {
        self.gateway = gateway
        self.instant = instant
        let routes = self.routes()
        noteContradictions(routes)
        let services = KongServices(routes, in: gateway)
        for refusal in services.refusals { note(.refused, refusal.clause, refusal.origin) }
        let upstreams = self.upstreams(of: routes)
        let consumers = self.consumers()
        noteRest()
        notes.sort { ($0.origin?.file ?? 0, $0.origin?.offset ?? 0) < ($1.origin?.file ?? 0, $1.origin?.offset ?? 0) }
        var entries: KongMap = ["_format_version": .text("3.0")]
        if !services.plugins.isEmpty { entries.append("plugins", KongPluginList.value(services.plugins)) }
        let parts: KeyValuePairs = [
            "upstreams": upstreams, "services": services.services, "routes": services.routes,
            "consumers": consumers,
        ]
        for (key, values) in parts where !values.isEmpty { entries.append(key, .list(values)) }
        if KongValue.map(entries).imitatesVariable {
            note(.refused, "text with `${{` in it, which decK takes for a variable")
        }
        guard !notes.contains(where: { $0.kind == .refused }) else { return }
        let head = "# Made by apic from \(gateway.name) as it is at \(CalendarTime(instant).rfc3339).\n"
        text = head + KongValue.map(entries).document
    }

    private mutating func note(_ kind: Note.Kind, _ text: String, _ origin: Origin? = nil) {
        let note = Note(kind: kind, text: text, origin: origin)
        if known.insert(note).inserted { notes.append(note) }
    }

    // MARK: Routes

    private mutating func routes() -> [KongRoute] {
        let kept = gateway.routes.filter { isThere($0) }
        let numbers = KongPriority.numbers(kept)
        var routes: [KongRoute] = []
        var counts: [Int: Int] = [:]
        var known: [Origin: [Route]] = [:]
        for (route, number) in zip(kept, numbers) {
            // The linker adds routes with a wildcard to the hosts below it; Kong weighs all together anyway.
            if let kong = route.kong {
                let isCopy = known[route.origin, default: []].contains {
                    $0.kong?.path == kong.path && $0.host != route.host && $0.host.covers(route.host)
                }
                if isCopy { continue }
                known[route.origin, default: []].append(route)
            }
            let version = gateway.versions[route.version]
            counts[route.version, default: 0] += 1
            let name = "\(gateway.apis[version.api].name).\(version.name).\(counts[route.version] ?? 0)"
            do throws(KongRefusal) {
                var kong = try self.route(route, name: name)
                if kong.isRegex { kong.regexPriority = number }
                routes.append(kong)
            } catch {
                note(.refused, error.clause, route.origin)
            }
        }
        return routes
    }

    /// Whether a version is there to be called, or to say that it is gone.
    private mutating func isThere(_ route: Route) -> Bool {
        let version = gateway.versions[route.version]
        let name = "\(gateway.apis[version.api].name) \(version.name)"
        switch version.lifecycle.state(at: instant) {
        case .planned:
            note(.changed, "\(name) is planned, and left out", nil)
            return false
        case .retired: return false
        case .active, .deprecated, .brownout, .sunset: return true
        }
    }

    private mutating func route(_ route: Route, name: String) throws(KongRefusal) -> KongRoute {
        let version = gateway.versions[route.version]
        let api = gateway.apis[version.api]
        switch api.selector {
        case .path, .host: break
        case .header(let field): throw KongRefusal("versions that requests choose by the header `\(field)`")
        case .query(let field): throw KongRefusal("versions that requests choose by the parameter `\(field)`")
        case .mediaType: throw KongRefusal("versions that requests choose by `Accept`")
        }
        let isOwn = route.kong == nil
        // Routes taken over from Kong have no captures that a template could use.
        let pattern = try KongPattern(
            isOwn ? route.path : PathPattern(segments: []),
            forwarded: isOwn ? route.forwarding?.path : nil
        )
        var kong = KongRoute(route, name: name, pattern: pattern)
        let announces = version.lifecycle.announces(at: instant)
        let plugins = KongPlugins(
            route,
            in: gateway,
            pattern: pattern,
            announcement: announces ? LifecycleText.headerLines(version) : ""
        )
        for refusal in plugins.refusals { note(.refused, refusal.clause, refusal.origin) }
        for change in plugins.changes { note(.changed, change.clause, change.origin) }
        kong.plugins = plugins.plugins
        if version.lifecycle.state(at: instant) == .sunset {
            kong.plugins.removeAll { $0.name != "response-transformer" }
            let body = LifecycleText.goneBody(version, of: api)
            kong.plugins.append(
                (
                    "request-termination",
                    .map([
                        "status_code": .number(410), "content_type": .text("application/problem+json"),
                        "body": .text(body),
                    ])
                )
            )
        }
        return kong
    }

    private mutating func noteContradictions(_ routes: [KongRoute]) {
        let entries = routes.map { route in
            KongPriority.Entry(
                route: route.route,
                hasHost: route.route.host != .any,
                regexPriority: route.regexPriority,
                prefixByteCount: route.isRegex ? 0 : route.path.utf8.count
            )
        }
        guard let pairs = KongPriority.contradictions(entries) else {
            return note(.refused, "so many routes that nobody can say whether Kong prefers the same ones")
        }
        for (preferred, other) in pairs {
            let (one, second) = (routes[preferred].route, routes[other].route)
            note(
                .refused,
                "`\(one.text)` before `\(second.text)`, which match the same requests: Kong prefers the latter "
                    + "for its host or its header fields",
                one.origin
            )
        }
    }

    // MARK: Upstreams and consumers

    private mutating func upstreams(of routes: [KongRoute]) -> [KongValue] {
        let used = Set(routes.compactMap { $0.route.forwarding?.upstream }).sorted()
        return used.map { index in
            let upstream = KongUpstream(upstream: gateway.upstreams[index])
            let name = upstream.upstream.name
            for clause in upstream.refusals { note(.refused, "upstream `\(name)`: \(clause)") }
            for clause in upstream.changes { note(.changed, "upstream `\(name)`: \(clause)") }
            return upstream.value
        }
    }

    private mutating func consumers() -> [KongValue] {
        gateway.consumers.enumerated().map { index, consumer in
            var entries: KongMap = ["username": .text(consumer.name)]
            let groups = consumer.groups.map { KongValue.map(["group": .text(gateway.groups[$0])]) }
            if !groups.isEmpty { entries.append("acls", .list(groups)) }
            var (keys, passwords): ([KongValue], [KongValue]) = ([], [])
            for credential in gateway.credentials where credential.consumer == index {
                let what = "credential `\(credential.id)` of `\(consumer.name)`"
                guard credential.expires.map({ $0 > instant }) ?? true else { continue }
                guard credential.notBefore ?? instant <= instant else {
                    note(.changed, "\(what) holds later, and is left out")
                    continue
                }
                if let expiry = credential.expires {
                    note(.changed, "\(what) expires at \(CalendarTime(expiry).rfc3339), and does not in Kong")
                }
                do throws(KongRefusal) {
                    let secret = try self.secret(credential.key)
                    switch credential.scheme {
                    case .key: keys.append(.map(["key": secret]))
                    case .basic(let username):
                        passwords.append(.map(["username": .text(username), "password": secret]))
                    case .signature, .certificate, .token:
                        throw KongRefusal("keys of signatures, certificates and tokens are not written")
                    }
                } catch {
                    note(.refused, "\(what): \(error.clause)")
                }
            }
            if !keys.isEmpty { entries.append("keyauth_credentials", .list(keys)) }
            if !passwords.isEmpty { entries.append("basicauth_credentials", .list(passwords)) }
            return .map(entries)
        }
    }

    /// What decK puts in place of a secret: a variable whose name begins with `DECK_`.
    private func secret(_ key: Credential.Key) throws(KongRefusal) -> KongValue {
        switch key {
        case .secret(.environment(let name)): return .variable("DECK_\(name)")
        case .secret(.file): throw KongRefusal("a secret in a file: decK reads variables")
        case .digest: throw KongRefusal("a secret that the spec has literally, and of which only a digest is left")
        }
    }

    // MARK: The rest

    private mutating func noteRest() {
        if gateway.listeners.https != nil {
            note(.changed, "certificates of `listen.https` are not in the file: give them to Kong as `certificates`")
        }
        for version in gateway.versions {
            let name = "\(gateway.apis[version.api].name) \(version.name)"
            let lifecycle = version.lifecycle
            if !version.previewGroups.isEmpty, version.lifecycle.state(at: instant) == .planned {
                note(.changed, "\(name) has no preview in Kong")
            }
            if lifecycle.brownouts.contains(where: { $0.until > instant }) {
                note(.changed, "\(name) has no brownouts in Kong")
            }
            let dates = [lifecycle.released, lifecycle.deprecated, lifecycle.sunset, lifecycle.retired]
            if let next = dates.compactMap({ $0 }).filter({ $0 > instant }).min() {
                note(.changed, "\(name) changes at \(CalendarTime(next).rfc3339): export again then")
            }
        }
    }
}

extension Route {
    /// `GET api.example.com/orders/v1/{id}`
    fileprivate var text: String { "\(methods.text) \(host == .any ? "" : host.text)\(pathText)" }
}
