/// What later stages say only because of a mistake that is reported already: one mistake is one diagnostic.
///
/// The analysis itself knows where values were refused. It cannot know which names a map would have had that was
/// refused as a whole, and does not look back at what it found before.
enum Cascade {
    /// Keys of maps of names, and the code of a reference that leads nowhere.
    private static let references: [(keys: Set<String>, code: String)] = [
        (["upstreams"], "E0401"),
        (["policies"], "E0402"),
        (["consumers", "groups"], "E0403"),
        (["versions"], "E0508"),
    ]

    /// Findings that explain others: a policy that does not exist sets no plugin.
    private static let findings: [(cause: String, codes: Set<String>)] = [
        ("E0402", ["E0624", "E0704", "E0705", "E0802", "E0803", "E0805", "W0714", "W0809"]),
        ("E0704", ["W0809"]),
        ("E0705", ["W0809"]),
    ]

    /// The diagnostics that stand on their own.
    static func removed(from diagnostics: [Diagnostic], after incompleteKeys: Set<String>) -> [Diagnostic] {
        var hidden: Set<String> = []
        for reference in references where !reference.keys.isDisjoint(with: incompleteKeys) {
            hidden.insert(reference.code)
        }
        for finding in findings where diagnostics.contains(where: { $0.code.id == finding.cause }) {
            hidden.formUnion(finding.codes)
        }
        return hidden.isEmpty ? diagnostics : diagnostics.filter { !hidden.contains($0.code.id) }
    }
}
