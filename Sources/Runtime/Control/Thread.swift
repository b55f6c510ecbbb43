internal import CPlatform
internal import Glibc

/// Threads with names and stacks of known size.
enum Thread {
    /// Enough for the event loop and for name resolution through the C library's plug-ins.
    static let stackByteCount = 512 * 1024

    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a detached thread; it has the signal mask of its maker.
    ///
    /// - Parameter name: at most 15 bytes, for `ps` and debuggers.
    /// - Returns: 0, or an error code.
    static func start(name: String, run: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, stackByteCount)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let body = unsafe Unmanaged.passRetained(Body(name: name, run: run))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                // The retain of `passRetained` above.
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                unsafe apic_name_thread(body.name)
                body.run()
                return nil
            },
            body.toOpaque()
        )
        if code != 0 { unsafe body.release() }
        return code
    }
}
