internal import ArgumentParser
internal import Glibc

/// The command line of `apic`.
///
/// Exit codes: 0 fine, 1 the spec has errors (or the work could not be done), 2 wrong usage. Diagnostics go to standard
/// error, results to standard output.
@main
struct APIC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apic",
        abstract: "A compiler for API gateways: one spec in, a table that serves traffic out.",
        discussion: """
            apic init                     writes a first api.yaml
            apic build api.yaml -o dist   compiles it
            apic-gateway dist             serves it

            Shell completions: apic --generate-completion-script bash|zsh|fish
            """,
        version: VersionCommand.text,
        subcommands: [
            BuildCommand.self, CheckCommand.self, ExplainCommand.self, InspectCommand.self, DevCommand.self,
            InitCommand.self,
            EchoCommand.self,
            VersionCommand.self,
        ]
    )

    static func main() {
        // Whoever reads our output may stop reading: a write then fails, and that is all.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(with: error)
        }
    }

    /// Says what went wrong, if anything, and ends the process with the code for it.
    private static func exit(with error: any Error) -> Never {
        if let failure = error as? FileFailure {
            Terminal.error.writeLine("error: \(failure)")
            Glibc.exit(1)
        }
        if let misuse = error as? Misuse {
            Terminal.error.writeLine("error: \(misuse.message)")
            Glibc.exit(2)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if !text.isEmpty {
            (code.isSuccess ? Terminal.output : .error).writeLine(text)
        }
        Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
}

/// Arguments that do not make sense together, found only when the command runs. Exit code 2.
struct Misuse: Error {
    /// Lower case, what is wrong and what to write.
    var message: String
}
