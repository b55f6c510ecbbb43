internal import CPlatform
internal import CTLS
internal import Glibc

/// `apic-gateway`, from its command line to its exit code.
package enum GatewayProcess {
    /// - Parameters:
    ///   - arguments: the command line without its first word.
    ///   - worker: the body of a worker's thread.
    /// - Returns: 0 fine, 1 could not start or is not ready, 2 wrong usage; after a second signal 128 and its number.
    package static func run(_ arguments: [String], worker: @escaping WorkerEntry) -> Int32 {
        apic_fill_standard_descriptors()
        let invocation: Invocation
        do throws(UsageError) { invocation = try Invocation.parse(arguments, variable: environment) } catch {
            put("apic-gateway: \(error.message)\nSee `apic-gateway --help`.\n", to: STDERR_FILENO)
            return 2
        }
        switch invocation {
        case .help: put(Invocation.helpText, to: STDOUT_FILENO)
        case .version: put(Invocation.versionText, to: STDOUT_FILENO)
        case .health(let status, let bundle):
            let probe = HealthProbe.run(status: status, bundle: bundle)
            put(probe.message + "\n", to: probe.isReady ? STDOUT_FILENO : STDERR_FILENO)
            return probe.isReady ? 0 : 1
        case .serve(let options): return serve(options, worker: worker)
        }
        return 0
    }

    private static func serve(_ options: Options, worker: @escaping WorkerEntry) -> Int32 {
        let adopted = AdoptedSockets.ofServiceManager(variable: environment)
        apic_tls_pool_memory()
        // Before any thread starts, since threads have the mask of their maker.
        let signals = Signals.open()
        do throws(StartError) {
            var controller = try Controller(
                options: options,
                log: ProcessLog(),
                signals: signals,
                notices: ServiceNotices(address: environment("NOTIFY_SOCKET")),
                adopting: adopted
            )
            return controller.run(worker)
        } catch {
            put("apic-gateway: \(error.message)\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func environment(_ name: String) -> String? {
        // The environment is never changed.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    private static func put(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        unsafe bytes.withUnsafeBytes { _ = unsafe write(descriptor, $0.baseAddress, $0.count) }
    }
}
