internal import Glibc

/// A running `apic-gateway`, our child.
struct GatewayProcess: ~Copyable {
    /// What became of it.
    enum Exit {
        case code(Int32)
        case signal(Int32)

        init(waitStatus: Int32) {
            let signal = waitStatus & 0x7F
            self = signal == 0 ? .code((waitStatus >> 8) & 0xFF) : .signal(signal)
        }

        var text: String {
            switch self {
            case .code(let code): "status \(code)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    private static let name = "apic-gateway"
    /// How long it may take to finish its requests before it is killed.
    private static let drainSeconds = 35

    let identifier: pid_t

    /// Starts it with a clean signal mask; it writes where we write.
    ///
    /// It gets a process group of its own: ^C reaches every process of the terminal's group, and the gateway would take
    /// our SIGTERM after it for the second signal, which ends it at once.
    init(executable: String, arguments: [String]) throws(FileFailure) {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // `apic` ignores SIGPIPE; the gateway decides for itself.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)
        )

        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, nil, &attributes, &words, environ)
        guard code == 0 else { throw FileFailure(cannot: "start `\(executable)`", code: code) }
        identifier = child
    }

    /// Beside this program, else on `PATH`.
    static func find() throws(FileFailure) -> String {
        var candidates: [String] = []
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        if count > 0 {
            let own = String(decoding: buffer.prefix(count), as: UTF8.self)
            if let slash = own.lastIndex(of: "/") { candidates.append("\(own[...slash])\(name)") }
        }
        candidates += (environment("PATH") ?? "").split(separator: ":").map { "\($0)/\(name)" }
        if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
        throw FileFailure("there is no `\(name)` beside apic or on PATH; build it: swift build -c release")
    }

    /// Whether it has ended, and how.
    func reap() -> Exit? {
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        return Exit(waitStatus: status)
    }

    /// Lets it finish what is in flight.
    ///
    /// - Parameter signals: blocked ones, each of which ends it at once.
    consuming func stop(hurryingOn signals: inout sigset_t) {
        kill(identifier, SIGTERM)
        for _ in 0..<(Self.drainSeconds * 20) {
            if reap() != nil { return }
            var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
            if sigtimedwait(&signals, nil, &pause) > 0 { kill(identifier, SIGTERM) }
        }
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
    }
}
