internal import Glibc
internal import Synchronization

/// Standard output or standard error, written without buffering, so that what is said before a signal is seen.
enum Terminal: Int32 {
    case output = 1
    case error = 2

    /// Whether a person looks at it.
    var isInteractive: Bool { isatty(rawValue) == 1 }

    /// Whether it may be coloured: on a terminal that can, unless `NO_COLOR` says otherwise (no-color.org).
    var isColoured: Bool {
        guard isInteractive else { return false }
        if let wish = environment("NO_COLOR"), !wish.isEmpty { return false }
        return environment("TERM") != "dumb"
    }

    private static let failedCode = Atomic<Int32>(0)

    /// Why a result could not be written, if one could not. A reader that went away has what it wanted.
    static var outputFailure: FileFailure? {
        let code = failedCode.load(ordering: .relaxed)
        return code == 0 ? nil : FileFailure(cannot: "write to standard output", code: code)
    }

    /// Writes all of it; a reader that went away ends the output, not the program.
    func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(rawValue, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count < 0 else {
                    rest = rest.dropFirst(count)
                    continue
                }
                let code = errno
                if code == EINTR { continue }
                if code == EAGAIN {
                    var entry = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                    poll(&entry, 1, -1)
                    continue
                }
                if self == .output, code != EPIPE { Self.failedCode.store(code, ordering: .relaxed) }
                return
            }
        }
    }

    func writeLine(_ line: String = "") { write(line + "\n") }
}

/// The value of an environment variable.
func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
}
