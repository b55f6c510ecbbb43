internal import CPlatform
internal import Glibc

/// The answer to one question to the system's resolver.
struct Resolution: Equatable, Sendable {
    /// With port 0, in the resolver's order (RFC 6724), without doubles. Those of a service have their ports, and stand
    /// there as often as their weights say.
    var addresses: [SocketAddress] = []
    /// `nil` if there are addresses.
    var failure: String?
    /// How long the answer holds, where it says so.
    var lifeMilliseconds: Int64?

    /// Asks, and waits for the answer.
    ///
    /// - Parameter server: who is asked; `nil` is the system's name servers, and its other sources of names.
    static func resolve(_ question: ResolverState.Question, by server: Endpoint?) -> Resolution {
        if question.isService { return ServiceResolution.resolve(question.host, by: server) }
        return server.map { resolve(question.host, byServer: $0) } ?? resolve(question.host)
    }

    static func resolve(_ host: String) -> Resolution {
        // First without families that this machine has no address of; where that leaves nothing, with all.
        let answer = ask(host, flags: AI_ADDRCONFIG)
        return answer.failure == nil ? answer : ask(host, flags: 0)
    }

    private static func ask(_ host: String, flags: Int32) -> Resolution {
        // Pointers in it stay null.
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = flags
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            let reason = unsafe code == EAI_SYSTEM ? systemMessage(errno) : String(cString: gai_strerror(code))
            return Resolution(failure: reason)
        }
        defer { unsafe freeaddrinfo(list) }
        var result = Resolution()
        var next = unsafe list
        while let entry = unsafe next, result.addresses.count < ResolverLimits.addressCountMax {
            // The list is a chain that ends in null; it lives until it is freed above.
            if let address = unsafe entry.pointee.ai_addr,
                let known = unsafe SocketAddress(address, byteCount: Int(entry.pointee.ai_addrlen)),
                !result.addresses.contains(known)
            {
                result.addresses.append(known)
            }
            unsafe next = entry.pointee.ai_next
        }
        if result.addresses.isEmpty { result.failure = "the name has no address" }
        return result
    }
}
