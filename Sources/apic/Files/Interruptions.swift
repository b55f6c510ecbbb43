internal import Glibc

/// Signals by which users and supervisors end a program.
enum Interruptions {
    static var all: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        return set
    }

    /// Runs something short to its end; a signal that comes meanwhile takes effect after it.
    static func deferring<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        var set = all
        var previous = sigset_t()
        pthread_sigmask(SIG_BLOCK, &set, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        try body()
    }
}
