internal import GatewayCompiler

/// A first word that is no command. The argument parser would speak of unexpected arguments only.
enum UnknownCommand {
    /// - Parameters:
    ///   - arguments: the whole command line.
    ///   - commands: the names that there are.
    static func find(in arguments: [String], known commands: [String]) -> String? {
        var words = arguments.dropFirst()
        if words.first == "help" { words.removeFirst() }
        guard let word = words.first, !word.hasPrefix("-"), word != "help", !commands.contains(word) else { return nil }
        return word
    }

    static func misuse(_ word: String, known commands: [String]) -> Misuse {
        var advice = ""
        if let nearest = Spelling.suggestion(for: word, among: commands) {
            advice = "; did you mean `\(nearest)`?"
        } else if word.hasSuffix(".yaml") || word.hasSuffix(".yml") {
            advice = "; to compile a spec, write `apic build \(word)`"
        }
        return Misuse(
            message: """
                there is no command `\(word)`\(advice)
                Commands: \(commands.joined(separator: ", "))
                  See 'apic --help' for more information.
                """
        )
    }
}
