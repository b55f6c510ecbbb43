internal import CPlatform
internal import Digests
internal import GatewayTable
internal import Glibc

/// Bounds on secrets that the gateway resolves when it loads a bundle.
enum SecretLimits {
    /// A key is sent in a header or a query, so it is shorter than a request's head.
    static let byteCountMax = 4096
}

/// Resolves the secrets that a table only names. Values are digested at once and kept nowhere.
enum Secrets {
    /// The value of an environment variable.
    static func environment(_ name: String, consumer: String) throws(LoadError) -> [UInt8] {
        // The environment is never changed after the start.
        guard let value = unsafe getenv(name) else { throw .missingVariable(name: name, consumer: consumer) }
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
        return try checked(bytes, place: "environment variable `\(name)`", consumer: consumer)
    }

    /// The content of a file, without the line break at its end.
    static func file(_ path: String, consumer: String) throws(LoadError) -> [UInt8] {
        let file = unsafe apic_open_for_reading(path)
        guard file >= 0 else { throw .unreadableSecret(path: path, code: errno, consumer: consumer) }
        defer { close(file) }
        // One byte more than a secret may have, and a line break.
        var bytes = [UInt8](repeating: 0, count: SecretLimits.byteCountMax + 3)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(file, buffer.baseAddress.unsafelyUnwrapped + count, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unreadableSecret(path: path, code: errno, consumer: consumer) }
            if got == 0 { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        return try checked(bytes, place: "file `\(path)`", consumer: consumer)
    }

    private static func checked(_ bytes: [UInt8], place: String, consumer: String) throws(LoadError) -> [UInt8] {
        guard !bytes.isEmpty else { throw .emptySecret(place: place, consumer: consumer) }
        guard bytes.count <= SecretLimits.byteCountMax else {
            throw .secretTooLong(place: place, consumer: consumer)
        }
        return bytes
    }
}

extension CredentialIndex {
    /// Digests every key of a table.
    ///
    /// - Throws: a secret that is missing, or a key that two credentials share.
    static func build(_ table: TableView, salt: KeySalt) throws(LoadError) -> CredentialIndex {
        let index = CredentialIndex(capacityFor: table.credentials.count)
        do throws(LoadError) {
            for record in 0..<UInt32(table.credentials.count) {
                let credential = table.credentials[record]
                let digest = try keyDigest(credential, in: table, salt: salt)
                guard let other = index.insert(record, digest: digest) else { continue }
                throw .sameKey(
                    first: table.string(table.credentials[other].id),
                    second: table.string(credential.id)
                )
            }
        } catch {
            index.deallocate()
            throw error
        }
        return index
    }

    private static func keyDigest(
        _ credential: CredentialRecord,
        in table: TableView,
        salt: KeySalt
    ) throws(LoadError) -> Digest {
        let consumer = table.string(table.consumers[credential.consumer].name)
        let secret = table.string(credential.secret)
        // Requests name the key; what it is, is for `SignatureKeys`.
        if credential.scheme == CredentialScheme.signature.rawValue {
            return salt.digest(CredentialMessage.signature + table.bytes(credential.username).array)
        }
        let value: [UInt8]
        switch CredentialKind(rawValue: credential.kind) {
        case .environment: value = try Secrets.environment(secret, consumer: consumer)
        case .file: value = try Secrets.file(secret, consumer: consumer)
        case .digest, nil:
            return (credential.digest0, credential.digest1, credential.digest2, credential.digest3)
        }
        guard credential.scheme == CredentialScheme.basic.rawValue else { return salt.digest(value) }
        let username = table.bytes(credential.username).array
        return salt.digest(CredentialMessage.basic + username + [UInt8(ascii: ":")] + value)
    }
}
