package import GatewayTable
internal import Glibc

/// Why a bundle was not loaded. The gateway keeps what it served before.
package enum LoadError: Error, Equatable, Sendable {
    case cannotOpen(path: String, code: Int32)
    case notAFile(path: String)
    case cannotRead(path: String, code: Int32)
    /// The file changed its size while it was read.
    case changedWhileRead(path: String)
    case noMemory(code: Int32)
    case invalidTable(path: String, TableError)
    case missingVariable(name: String, consumer: String)
    case unreadableSecret(path: String, code: Int32, consumer: String)
    /// `place` names a variable or a file.
    case emptySecret(place: String, consumer: String)
    case secretTooLong(place: String, consumer: String)
    /// So few bytes can be guessed; `place` names a variable or a file.
    case shortSecret(place: String, consumer: String, needed: Int)
    /// A certificate, a key, or what else TLS needs; `reason` is one clause for people.
    case unusableFile(path: String, reason: String)
    case missingKeyVariable(name: String, certificate: String)
    /// A key that tokens are checked by; `place` says where it is from, `reason` is one clause for people.
    case unusableTokenKey(place: String, reason: String)
    /// Two consumers, or two credentials of one, have the same key.
    case sameKey(first: String, second: String)
    /// Only signed bundles are served, and there is no signature at this path.
    case unsigned(path: String)
    /// A signature, or a file that one lists; `reason` is one clause for people.
    case badSignature(path: String, reason: String)
    /// An older bundle than the one that is served, or another one with the same number.
    case rolledBack(sequence: UInt64, served: UInt64)
    /// A bundle that knows less of revoked nodes than an earlier one.
    case epochRolledBack(epoch: UInt32, served: UInt32)

    /// One line, lower-case, for people. It never holds a secret.
    package var message: String {
        switch self {
        case .cannotOpen(let path, let code): "cannot open `\(path)`: \(systemMessage(code))"
        case .notAFile(let path): "`\(path)` is neither a bundle's directory nor a table file"
        case .cannotRead(let path, let code): "cannot read `\(path)`: \(systemMessage(code))"
        case .changedWhileRead(let path): "`\(path)` was written to while it was read; replace it by renaming instead"
        case .noMemory(let code): "cannot map memory for the table: \(systemMessage(code))"
        case .invalidTable(let path, let error): "`\(path)`: \(error.message)"
        case .missingVariable(let name, let consumer):
            "the environment has no variable `\(name)`, which a secret of `\(consumer)` comes from"
        case .unreadableSecret(let path, let code, let consumer):
            "cannot read `\(path)`, which a secret of `\(consumer)` comes from: \(systemMessage(code))"
        case .emptySecret(let place, let consumer):
            "\(place), which a secret of `\(consumer)` comes from, is empty"
        case .secretTooLong(let place, let consumer):
            "\(place), which a secret of `\(consumer)` comes from, has more than \(SecretLimits.byteCountMax) bytes"
        case .shortSecret(let place, let consumer, let needed):
            "\(place), which a secret of `\(consumer)` comes from, has fewer than \(needed) bytes"
        case .unusableFile(let path, let reason): "cannot use `\(path)`: \(reason)"
        case .missingKeyVariable(let name, let certificate):
            "the environment has no variable `\(name)`, which the private key of `\(certificate)` comes from"
        case .unusableTokenKey(let place, let reason): "cannot check tokens by the key from \(place): \(reason)"
        case .sameKey(let first, let second):
            "credentials `\(first)` and `\(second)` have the same key: nobody could tell whose request it is"
        case .unsigned(let path): "the bundle is not signed: there is no `\(path)`"
        case .badSignature(let path, let reason): "`\(path)`: \(reason)"
        case .rolledBack(let sequence, let served):
            """
            the bundle's sequence number is \(sequence), and \(served) was served already; `--allow-rollback` lets an \
            older bundle follow
            """
        case .epochRolledBack(let epoch, let served):
            """
            the bundle's epoch of revoked nodes is \(epoch), and \(served) was seen already; `--allow-rollback` lets an \
            older bundle follow
            """
        }
    }
}

extension LoadError {
    /// Kinds of reasons, for metrics.
    enum Kind: String, CaseIterable {
        /// Something cannot be read.
        case file
        case table
        case secret
        case certificate
        case signature
        case rollback
    }

    var kind: Kind {
        switch self {
        case .cannotOpen, .notAFile, .cannotRead, .changedWhileRead, .noMemory: .file
        case .invalidTable: .table
        case .missingVariable, .unreadableSecret, .emptySecret, .secretTooLong, .shortSecret, .sameKey,
            .unusableTokenKey:
            .secret
        case .unusableFile, .missingKeyVariable: .certificate
        case .unsigned, .badSignature: .signature
        case .rolledBack, .epochRolledBack: .rollback
        }
    }
}

/// What the system says of an error code.
func systemMessage(_ code: Int32) -> String {
    // strerror returns a string that lives at least until the next call on this thread.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}
