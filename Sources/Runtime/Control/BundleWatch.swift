internal import CPlatform
internal import Glibc

/// Notices that another table may be in place: by inotify on the bundle's directory, which also sees Kubernetes swap
/// its `..data` link there, and by a look at the file every second, for file systems that tell nothing. Certificates
/// and keys are looked at every second, too.
struct BundleWatch: ~Copyable {
    /// What tells one version of a file from the next.
    struct Identity: Equatable {
        var device: UInt64
        var inode: UInt64
        var byteCount: Int64
        var modified: Int64
        var changed: Int64

        /// Of a bundle's table; `nil` if there is none.
        init?(bundle: String) {
            self.init(path: MappedTable.tablePath(ofBundle: bundle))
        }

        /// `nil` if there is no such file.
        init?(path: String) {
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            byteCount = Int64(status.st_size)
            modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
            changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        }
    }

    /// A burst of events counts as one when it has been quiet for so long, or lasted for so long.
    private static let quietMilliseconds: Int64 = 20
    private static let burstMillisecondsMax: Int64 = 250
    private static let pollMilliseconds: Int64 = 1_000

    private let bundle: String
    /// For `poll`; -1 where there is no inotify: then looking every second does.
    let descriptor: Int32
    private var watch: Int32 = -1
    private var seen: Identity?
    private var files: [Security.WatchedFile] = []
    private var burstStart: Int64?
    /// When to look next.
    private(set) var deadline: Int64

    /// - Parameter bundle: a bundle's directory, or a table file.
    init(bundle: String, now: Int64) {
        self.bundle = bundle
        descriptor = apic_inotify()
        deadline = now + BundleWatch.pollMilliseconds
        follow()
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// What is in place now.
    var present: Identity? { Identity(bundle: bundle) }

    /// Says that the file with this identity was loaded, or tried.
    mutating func note(_ identity: Identity?) {
        seen = identity
    }

    /// Says which files were read for the bundle, and what they were then.
    mutating func follow(_ files: [Security.WatchedFile]) {
        self.files = files
    }

    /// Says that the files are loaded, or tried, as they are now.
    mutating func noteFiles() {
        for index in files.indices { files[index].identity = Identity(path: files[index].path) }
    }

    /// Takes the events that are there. The look follows when they cease.
    mutating func takeEvents(now: Int64) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var sawAny = false
        while unsafe buffer.withUnsafeMutableBytes({ unsafe read(descriptor, $0.baseAddress, $0.count) }) > 0 {
            sawAny = true
        }
        guard sawAny else { return }
        let start = burstStart ?? now
        burstStart = start
        deadline = min(now + BundleWatch.quietMilliseconds, start + BundleWatch.burstMillisecondsMax)
    }

    /// Looks at the file if it is time to.
    ///
    /// - Returns: whether other files are in place than those noted last.
    mutating func isChanged(now: Int64) -> Bool {
        guard now >= deadline else { return false }
        burstStart = nil
        deadline = now + BundleWatch.pollMilliseconds
        follow()
        return present != seen || files.contains { $0.identity != Identity(path: $0.path) }
    }

    /// Watches the directory that has the bundle's name now; it may be another one than before.
    private mutating func follow() {
        guard descriptor >= 0 else { return }
        let table = MappedTable.tablePath(ofBundle: bundle)
        let slash = table.lastIndex(of: "/")
        let directory = slash.map { $0 == table.startIndex ? "/" : String(table[..<$0]) } ?? "."
        let current = unsafe apic_inotify_watch_directory(descriptor, directory)
        if watch >= 0, current != watch { inotify_rm_watch(descriptor, watch) }
        watch = current
    }
}
