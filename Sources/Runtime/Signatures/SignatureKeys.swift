internal import CTLS
internal import Digests
internal import GatewayTable

/// The secrets that consumers sign requests with, of one generation: made ready for use, in memory that is overwritten
/// when the bundle is used no more.
final class SignatureKeys: Sendable {
    /// Fewer bytes could be tried out, one after the other.
    static let secretBytesMin = 16

    let index: SignatureKeyIndex

    private init(_ index: SignatureKeyIndex) { self.index = index }

    deinit { index.deallocate() }

    /// Reads the secrets that a table names.
    ///
    /// - Parameters:
    ///   - folder: of the bundle, with a slash: relative paths are relative to it.
    ///   - files: gets those that were read.
    ///   - digest: gets what they hold.
    static func load(
        _ view: TableView,
        folder: String,
        files: inout [Security.WatchedFile],
        digest: inout SHA256
    ) throws(LoadError) -> SignatureKeys {
        var records: [UInt32] = []
        var keys: [HMACKey] = []
        for index in 0..<UInt32(view.credentials.count)
        where view.credentials[index].scheme == CredentialScheme.signature.rawValue {
            let record = view.credentials[index]
            let consumer = view.string(view.consumers[record.consumer].name)
            let name = view.string(record.secret)
            let secret: [UInt8]
            let place: String
            if record.kind == CredentialKind.file.rawValue {
                let path = name.hasPrefix("/") ? name : folder + name
                files.append(Security.WatchedFile(path: path, identity: BundleWatch.Identity(path: path)))
                secret = try Secrets.file(path, consumer: consumer)
                place = "file `\(path)`"
            } else {
                secret = try Secrets.environment(name, consumer: consumer)
                place = "environment variable `\(name)`"
            }
            guard secret.count >= secretBytesMin else {
                throw .shortSecret(place: place, consumer: consumer, needed: secretBytesMin)
            }
            digest.update(secret)
            records.append(index)
            keys.append(HMACKey(secret))
        }
        return SignatureKeys(SignatureKeyIndex(records, keys))
    }
}

/// Finds the key of a credential: looking up allocates, retains and locks nothing.
///
/// Unsafe operations hold because every place is below the count, and because a generation's index is not used behind
/// the generation.
@safe
struct SignatureKeyIndex: @unchecked Sendable {
    /// Ascending indices of credentials.
    private let records: UnsafeMutablePointer<UInt32>
    /// By place in `records`; behind them one that nobody has.
    private let keys: UnsafeMutablePointer<HMACKey>
    private let count: Int

    fileprivate init(_ records: [UInt32], _ keys: [HMACKey]) {
        count = records.count
        unsafe self.records = .allocate(capacity: max(records.count, 1))
        unsafe self.records.initialize(from: records, count: records.count)
        unsafe self.keys = .allocate(capacity: keys.count + 1)
        unsafe self.keys.initialize(from: keys + [HMACKey("nobody".utf8)], count: keys.count + 1)
    }

    fileprivate func deallocate() {
        unsafe apic_tls_wipe(keys, (count + 1) * MemoryLayout<HMACKey>.stride)
        unsafe keys.deallocate()
        unsafe records.deallocate()
    }

    /// Begins the code of a message under a credential's key.
    ///
    /// - Parameter credential: `nil` if there is none: under a key that nobody has, so that it takes as long to learn
    ///   nothing.
    func begin(_ credential: UInt32?) -> HMACCode {
        var (low, high) = (0, credential == nil ? 0 : count)
        while low < high {
            let middle = (low + high) / 2
            if unsafe records[middle] < credential ?? 0 { low = middle + 1 } else { high = middle }
        }
        let isFound = unsafe credential != nil && low < count && records[low] == credential
        return unsafe keys[isFound ? low : count].begin()
    }
}
