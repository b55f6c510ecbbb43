internal import GatewayCompiler
internal import GatewayIR
internal import Glibc

/// `apic dev` at work: one loop that waits for a save, a signal or the gateway's end.
struct DevSession: ~Copyable {
    private static let pollNanoseconds = 200_000_000

    private let files: [String]
    private let bundle: String
    private let executable: String
    private let arguments: [String]
    private let build: BundleBuild
    private var watch: FileWatch
    private var gateway: GatewayProcess?

    init(files: [String], bundle: String, gateway: String, arguments: [String], build: BundleBuild) {
        self.files = files
        self.bundle = bundle
        self.executable = gateway
        self.arguments = arguments
        self.build = build
        watch = FileWatch(files)
    }

    /// Runs until a signal ends it; the gateway has ended then, too.
    mutating func run() {
        var signals = Interruptions.all
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        defer { pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
        compile()
        while !waitForSignal(&signals) {
            reap()
            if watch.hasChanged() { compile() }
        }
        if let gateway = gateway.take() {
            say("stopping")
            gateway.stop(hurryingOn: &signals)
        }
    }

    /// Sleeps for a moment; `true` as soon as a signal asks to end.
    private func waitForSignal(_ signals: inout sigset_t) -> Bool {
        var pause = timespec(tv_sec: 0, tv_nsec: Self.pollNanoseconds)
        return sigtimedwait(&signals, nil, &pause) > 0
    }

    private mutating func compile() {
        do throws(FileFailure) {
            let compilation = try SpecCompilation(files, emitsTable: true)
            watch.follow(compilation.files.map(\.path))
            compilation.report(.text)
            guard let gateway = compilation.compilation.gateway else {
                return say(self.gateway == nil ? "waiting for the next save" : "the last good bundle stays in service")
            }
            let byteCount = try build.write(gateway, of: compilation, to: bundle)
            try KeyLinks.make(for: gateway, specs: files, in: bundle)
            say(BuildCommand.summary(gateway, byteCount, bundle))
            if self.gateway == nil { try start() }
        } catch {
            say("error: \(error)")
        }
    }

    private mutating func start() throws(FileFailure) {
        gateway = try GatewayProcess(executable: executable, arguments: arguments)
    }

    private mutating func reap() {
        guard let ended = gateway?.reap() else { return }
        gateway = nil
        say("the gateway ended with \(ended.text); the next save starts it again")
    }

    private func say(_ text: String) { Terminal.error.writeLine("dev: \(text)") }
}
