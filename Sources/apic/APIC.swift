internal import ArgumentParser
internal import CPlatform
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
            BuildCommand.self, CheckCommand.self, ExplainCommand.self, AuditCommand.self, InspectCommand.self,
            LinkCommand.self, SignCommand.self, VerifyCommand.self, CertCommand.self, ImportCommand.self,
            ExportCommand.self, DevCommand.self, InitCommand.self, EchoCommand.self, VersionCommand.self,
        ]
    )

    static func main() {
        apic_fill_standard_descriptors()
        // Whoever reads our output may stop reading: a write then fails, and that is all.
        _ = signal(SIGPIPE, SIG_IGN)
        if let word = UnknownCommand.find(in: CommandLine.arguments, known: names) {
            exit(with: UnknownCommand.misuse(word, known: names))
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            exit(with: error)
        }
        end(with: 0)
    }

    private static var names: [String] { configuration.subcommands.map { $0._commandName } }

    /// Says what went wrong, if anything, and ends the process with the code for it.
    private static func exit(with error: any Error) -> Never {
        if let failure = error as? FileFailure {
            Terminal.error.writeLine("error: \(failure)")
            end(with: 1)
        }
        if let misuse = error as? Misuse {
            Terminal.error.writeLine("error: \(misuse.message)")
            end(with: 2)
        }
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if !text.isEmpty {
            (code.isSuccess ? Terminal.output : .error).writeLine(text)
        }
        end(with: code == .validationFailure ? 2 : code.rawValue)
    }

    /// Ends the process; with success only if what it had to say could be written.
    static func end(with code: Int32) -> Never {
        if let failure = Terminal.outputFailure { Terminal.error.writeLine("error: \(failure)") }
        Glibc.exit(code == 0 && Terminal.outputFailure != nil ? 1 : code)
    }

    static var _errorLabel: String { "error" }
}

/// Arguments that do not make sense together, found only when the command runs. Exit code 2.
struct Misuse: Error {
    /// Lower case, what is wrong and what to write.
    var message: String
}
