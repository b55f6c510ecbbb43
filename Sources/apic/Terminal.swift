internal import Glibc

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

    /// Writes all of it; a reader that went away ends the output, not the program.
    func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(rawValue, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
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
