/// A key that a map of the spec may have: feeds the decoder, its suggestions and docs/spec.md.
struct SchemaKey: Sendable {
    enum Presence: Equatable, Sendable {
        case optional
        case required
        /// Part of the language, but not of this version of apic: what to do meanwhile.
        case later(advice: String)
    }

    let name: String
    /// What the value is: `duration`, `list of groups`.
    let type: String
    let presence: Presence
    /// What holds where the key is absent.
    let defaultValue: String?
    /// The key with a value, as one writes it.
    let example: String
    /// What the key says, one or two sentences.
    let meaning: String

    static func required(_ name: String, _ type: String, example: String, _ meaning: String) -> SchemaKey {
        SchemaKey(
            name: name,
            type: type,
            presence: .required,
            defaultValue: nil,
            example: example,
            meaning: meaning
        )
    }

    static func optional(
        _ name: String,
        _ type: String,
        default defaultValue: String? = nil,
        example: String,
        _ meaning: String
    ) -> SchemaKey {
        SchemaKey(
            name: name,
            type: type,
            presence: .optional,
            defaultValue: defaultValue,
            example: example,
            meaning: meaning
        )
    }

    static func later(_ name: String, _ advice: String) -> SchemaKey {
        SchemaKey(
            name: name,
            type: "",
            presence: .later(advice: advice),
            defaultValue: nil,
            example: "",
            meaning: advice
        )
    }

    var isSupported: Bool {
        if case .later = presence { return false }
        return true
    }
}

/// A map of the spec whose keys are known.
struct SchemaMap: Sendable {
    /// Heading in docs/spec.md.
    let title: String
    /// As messages say it: `an upstream`.
    let noun: String
    /// Where it stands: `upstreams.NAME`.
    let path: String
    /// What it is for.
    let meaning: String
    let keys: [SchemaKey]
    /// The keys' names as UTF-8, for comparing with the file's bytes.
    let names: [[UInt8]]

    init(_ title: String, _ noun: String, path: String, _ meaning: String, _ keys: [SchemaKey]) {
        self.title = title
        self.noun = noun
        self.path = path
        self.meaning = meaning
        self.keys = keys
        self.names = keys.map { Array($0.name.utf8) }
    }

    /// Names that this version understands, in the order of the schema.
    var supportedNames: [String] { keys.filter(\.isSupported).map(\.name) }

    func index(of name: String) -> Int? { keys.firstIndex { $0.name == name } }
}
