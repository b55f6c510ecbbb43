internal import CPlatform
internal import Glibc
internal import Synchronization
internal import Tokens

/// The keys of one place, as they were fetched last. It outlives bundles: a reload finds the keys that are there.
///
/// Unsafe operations hold because the two words live as long as the object, and are read and written atomically.
@safe
package final class KeyRing: @unchecked Sendable {
    /// What is fetched, and whom to believe on the way.
    package struct Name: Hashable, Sendable {
        package var url: String
        /// `url` is an issuer's, whose metadata says where its keys are.
        package var isIssuer: Bool
        /// A path, or empty.
        package var authorities: String
    }

    package let name: Name
    private let present = Mutex<KeySet?>(nil)
    /// Counts the sets.
    private let version: UnsafeMutablePointer<UInt64>
    /// Somebody came with a token of a key that is not there.
    private let wish: UnsafeMutablePointer<UInt32>
    /// Whom to wake for that, or -1.
    private let wakeup: Mutex<Int32>

    package init(_ name: Name) {
        self.name = name
        unsafe version = .allocate(capacity: 1)
        unsafe version.initialize(to: 0)
        unsafe wish = .allocate(capacity: 1)
        unsafe wish.initialize(to: 0)
        wakeup = Mutex(-1)
    }

    deinit {
        unsafe version.deallocate()
        unsafe wish.deallocate()
    }

    /// `nil` before keys came for the first time.
    var keys: KeySet? { present.withLock { $0 } }

    /// For workers, which read it with every token.
    var versionWord: UnsafePointer<UInt64> {
        unsafe UnsafePointer(version)
    }

    func replace(by keys: KeySet) {
        present.withLock { $0 = keys }
        unsafe _ = apic_fetch_add_u64(version, 1)
    }

    func wake(by eventfd: Int32) { wakeup.withLock { $0 = eventfd } }

    /// Asks for the keys to be fetched soon. Whoever fetches them says how soon: asking often changes nothing.
    func askForKeys() {
        guard unsafe apic_exchange_u32(wish, 1) == 0 else { return }
        wakeup.withLock { eventfd in
            guard eventfd >= 0 else { return }
            Wakeup.signal(eventfd)
        }
    }

    /// - Returns: whether somebody has asked since the last call.
    func takeWish() -> Bool {
        guard unsafe apic_load_acquire_u32(wish) != 0 else { return false }
        return unsafe apic_exchange_u32(wish, 0) != 0
    }
}
