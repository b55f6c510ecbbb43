internal import Digests
internal import GatewayIR
internal import GatewayTable

extension RedisRecord {
    init(_ server: RedisServer, of gateway: String, _ text: inout TextPool) {
        self.init()
        seed = SHA256.digest("rate limits of \(gateway)".utf8).words.0
        host = text.add(server.host)
        port = UInt32(server.port)
        database = server.database
        interval = server.interval
        if let username = server.username { self.username = text.add(username) }
        switch server.password {
        case .environment(let name):
            (secretKind, secret) = (UInt32(CredentialKind.environment.rawValue), text.add(name))
        case .file(let path): (secretKind, secret) = (UInt32(CredentialKind.file.rawValue), text.add(path))
        case nil: break
        }
    }
}
