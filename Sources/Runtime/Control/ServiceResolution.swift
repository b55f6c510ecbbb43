internal import CPlatform
internal import Glibc

extension Resolution {
    /// Asks one name server, and nobody else.
    static func resolve(_ host: String, byServer server: Endpoint) -> Resolution {
        var found = [apic_host_address](repeating: apic_host_address(), count: ResolverLimits.addressCountMax)
        var life: UInt32 = 0
        var problem = [CChar](repeating: 0, count: Int(apic_problem_size))
        let count = unsafe apic_find_addresses(
            apic_name_server(server),
            host,
            &found,
            Int32(found.count),
            &life,
            &problem
        )
        guard count > 0 else { return Resolution(failure: problem.text) }
        var result = Resolution(lifeMilliseconds: Int64(life) * 1000)
        for address in found.prefix(Int(count)) {
            guard let known = SocketAddress(address), !result.addresses.contains(known) else { continue }
            result.addresses.append(known)
        }
        return result
    }
}

/// The servers of a service (RFC 2782).
enum ServiceResolution {
    struct Server: Equatable {
        var host: String
        var port: UInt16
        var priority: UInt16
        var weight: UInt16
    }

    /// Servers that are looked at.
    static let serverCountMax = 64

    static func resolve(_ name: String, by server: Endpoint?) -> Resolution {
        var found = [apic_service](repeating: apic_service(), count: serverCountMax)
        var life: UInt32 = 0
        var problem = [CChar](repeating: 0, count: Int(apic_problem_size))
        let count = unsafe apic_find_services(
            server.map(apic_name_server.init) ?? apic_name_server(),
            name,
            &found,
            Int32(found.count),
            &life,
            &problem
        )
        guard count > 0 else { return Resolution(failure: problem.text) }
        let servers = found.prefix(Int(count)).map { service in
            Server(host: service.name, port: service.port, priority: service.priority, weight: service.weight)
        }
        var result = addresses(of: servers) { host in
            let literal = SocketAddress(literal: host, port: 0).map { Resolution(addresses: [$0]) }
            return literal ?? Resolution.resolve(ResolverState.Question(host: host), by: server)
        }
        result.lifeMilliseconds = min(Int64(life) * 1000, result.lifeMilliseconds ?? .max)
        return result
    }

    /// The addresses of the servers that come first: of all that have the least priority among those with an address,
    /// each as often as its weight says, as exactly as so few places can.
    ///
    /// - Parameter resolve: finds the addresses of a host.
    static func addresses(of servers: [Server], resolve: (String) -> Resolution) -> Resolution {
        var result = Resolution(failure: "the service has no servers")
        for priority in Set(servers.map(\.priority)).sorted() {
            var shares: [(address: SocketAddress, weight: Int)] = []
            for server in servers where server.priority == priority {
                let answer = resolve(server.host)
                result.failure = answer.failure.map { "\(server.host): \($0)" }
                if let life = answer.lifeMilliseconds {
                    result.lifeMilliseconds = min(life, result.lifeMilliseconds ?? .max)
                }
                // One of weight 0 is to be chosen hardly ever: as seldom as can be.
                let addresses = answer.addresses.map { $0.with(port: server.port) }
                for address in addresses where !shares.contains(where: { $0.address == address }) {
                    shares.append((address, max(Int(server.weight), 1)))
                }
            }
            guard !shares.isEmpty else { continue }
            result.addresses = places(Array(shares.prefix(ResolverLimits.addressCountMax)))
            result.failure = nil
            return result
        }
        return result
    }

    /// So many places as there are, filled one after the other with whoever is furthest behind its share.
    private static func places(_ shares: [(address: SocketAddress, weight: Int)]) -> [SocketAddress] {
        guard Set(shares.map(\.weight)).count > 1 else { return shares.map(\.address) }
        let whole = shares.reduce(0) { $0 + $1.weight }
        var counts = shares.map { _ in 0 }
        var places: [SocketAddress] = []
        for place in 1...ResolverLimits.addressCountMax {
            // Everybody has a place, however small its share.
            let left = ResolverLimits.addressCountMax - place + 1
            let missing = counts.indices.filter { counts[$0] == 0 }
            let candidates = missing.count >= left ? missing : Array(counts.indices)
            let next = candidates.max { one, other in
                let behind = shares[one].weight * place - counts[one] * whole
                let otherBehind = shares[other].weight * place - counts[other] * whole
                return behind < otherBehind
            }
            guard let next else { break }
            counts[next] += 1
            places.append(shares[next].address)
        }
        return places
    }
}

extension apic_name_server {
    /// - Precondition: the endpoint is an IPv4 address and a port.
    fileprivate init(_ server: Endpoint) {
        self.init()
        var four = in_addr()
        guard unsafe inet_pton(AF_INET, server.host, &four) == 1 else { return }
        address = four.s_addr
        port = server.port.bigEndian
    }
}

extension apic_service {
    /// The host's name.
    fileprivate var name: String {
        // The tuple holds zero-terminated text.
        unsafe withUnsafeBytes(of: host) { bytes in unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension SocketAddress {
    /// With port 0.
    fileprivate init?(_ address: apic_host_address) {
        let isSix = address.count == 16
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        // The tuple has the 16 bytes of the longest address.
        unsafe withUnsafeBytes(of: address.bytes) { bytes in
            _ = unsafe inet_ntop(isSix ? AF_INET6 : AF_INET, bytes.baseAddress, &text, socklen_t(text.count))
        }
        self.init(literal: text.text, port: 0)
    }
}

extension [CChar] {
    /// Zero-terminated text.
    fileprivate var text: String { String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}
