internal import CPlatform

/// Threads with names and stacks of known size.
enum Thread {
    /// Enough for the event loop and for name resolution through the C library's plug-ins.
    static let stackByteCount: UInt64 = 512 * 1024

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
        let body = unsafe Unmanaged.passRetained(Body(name: name, run: run))
        let code = unsafe apic_start_thread(
            stackByteCount,
            { argument in
                guard let argument = unsafe argument else { return }
                // The retain of `passRetained` above.
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                unsafe apic_name_thread(body.name)
                body.run()
            },
            body.toOpaque()
        )
        if code != 0 { unsafe body.release() }
        return code
    }

    /// Does two pieces of work at the same time, the first on a thread of its own.
    ///
    /// - Returns: what they give, when both are done.
    static func runBoth<Result>(_ aside: @Sendable () -> Result, _ here: @Sendable () -> Result) -> (Result, Result) {
        let first = Outcome<Result>()
        let second = Outcome<Result>()
        withoutActuallyEscaping(aside) { aside in
            withoutActuallyEscaping(here) { here in
                let aside = Body(name: "") { first.value = aside() }
                let here = Body(name: "") { second.value = here() }
                // Both are alive until the call is over, and nobody has them then.
                withExtendedLifetime((aside, here)) {
                    unsafe apic_run_both(
                        stackByteCount,
                        { argument in
                            guard let argument = unsafe argument else { return }
                            unsafe Unmanaged<Body>.fromOpaque(argument).takeUnretainedValue().run()
                        },
                        Unmanaged.passUnretained(aside).toOpaque(),
                        Unmanaged.passUnretained(here).toOpaque()
                    )
                }
            }
        }
        guard let one = first.value, let other = second.value else { preconditionFailure("both have run") }
        return (one, other)
    }

    /// Written by one thread, and read when it is done.
    private final class Outcome<Value>: @unchecked Sendable {
        var value: Value?
    }
}
