extension DiagnosticCode {
    /// What can be wrong with files and YAML: E01xx.
    package static let syntaxCodes: [DiagnosticCode] = [
        .emptyFile, .fileTooLarge, .notUTF8, .controlCharacter, .tabIndentation, .unterminatedQuote, .badIndentation,
        .unclosedBracket, .characterCannotStart, .badEscape, .missingColon, .misplacedColon, .notYAML,
        .severalDocuments,
        .unsupportedTag, .duplicateKey, .keyIsNoScalar, .unknownAlias, .recursiveAlias, .aliasesExpandTooFar,
        .nestedTooDeep, .tooManyNodes, .badMergeKey,
    ]

    static let emptyFile = DiagnosticCode(
        "E0101",
        "the file holds no spec",
        explanation: """
            A spec is a map with keys such as `apic`, `gateway` and `apis`. This file is empty, holds only comments, or \
            holds a single value or a list.
            """,
        example: "# nothing but a comment"
    )

    static let fileTooLarge = DiagnosticCode(
        "E0102",
        "the file is too large",
        explanation: """
            A file of a spec may have 64 MiB, which is more than a million routes. Split it and give the parts to the \
            same build: `apic build api.yaml routes.yaml`.
            """,
        example: "# a file of 65 MiB"
    )

    static let notUTF8 = DiagnosticCode(
        "E0103",
        "the file is not UTF-8",
        explanation: """
            Specs are UTF-8 text, with or without a byte order mark. The bytes at this place are not a character in \
            UTF-8; the file was probably saved in Latin-1, Windows-1252 or UTF-16. Save it as UTF-8.
            """,
        example: "title: Caf\\xE9     # the byte E9, Latin-1"
    )

    static let controlCharacter = DiagnosticCode(
        "E0104",
        "a control character stands in the file",
        explanation: """
            YAML allows no control characters but tab and line break. A NUL or another control byte is mostly a trace \
            of a broken copy, or of a binary file given by mistake. In a double-quoted scalar it can be written as an \
            escape such as `"\\x07"`.
            """,
        example: "title: Orders\\x00     # a NUL byte"
    )

    static let tabIndentation = DiagnosticCode(
        "E0105",
        "a tab is used for indentation",
        explanation: "YAML is indented with spaces only. Replace the tab by spaces.",
        example: "upstreams:\n\torders:\n\t\ttargets: [ \"http://orders:8080\" ]"
    )

    static let unterminatedQuote = DiagnosticCode(
        "E0106",
        "a quoted scalar is not closed",
        explanation: """
            The quote that opens here has no partner before the end of the file. Add it. A quote inside a \
            double-quoted scalar is written `\\"`, inside a single-quoted one `''`.
            """,
        example: "gateway: \"storefront\napis: {}"
    )

    static let badIndentation = DiagnosticCode(
        "E0107",
        "the indentation fits nothing above",
        explanation: """
            The keys of a map stand in one column, and so do the dashes of a list. This line begins in a column that \
            no map or list above it uses.
            """,
        example: "listen:\n    http: 8000\n  status: 8100"
    )

    static let unclosedBracket = DiagnosticCode(
        "E0108",
        "a bracket or brace is not closed",
        explanation: """
            A list in brackets ends with `]`, a map in braces with `}`, and their items are separated by commas. \
            A text that itself contains `{`, `}`, `[`, `]` or `,` must be quoted inside them.
            """,
        example: "routes: [ GET /, GET /{id} ]     # write \"GET /{id}\""
    )

    static let characterCannotStart = DiagnosticCode(
        "E0109",
        "a value cannot begin with this character",
        explanation: """
            `@` and the backtick are reserved in YAML, and `%`, `&`, `*`, `!`, `|`, `>` have meanings of their own. Put the value \
            in quotes.
            """,
        example: "owner: @orders-team"
    )

    static let badEscape = DiagnosticCode(
        "E0110",
        "an escape in a double-quoted scalar is not known",
        explanation: """
            In double quotes a backslash begins an escape: `\\n`, `\\t`, `\\\\`, `\\"`, `\\x41`, `\\u00e9` and so on. For a \
            regular expression use single quotes, in which a backslash is only a backslash.
            """,
        example: "match: \"GET /{id:\\d+}\""
    )

    static let missingColon = DiagnosticCode(
        "E0111",
        "a key lacks its colon",
        explanation:
            "A line of a map is `key: value`, with a colon and a space (or the end of the line) behind the key.",
        example: "listen:\n  http 8000\n  status: 8100"
    )

    static let misplacedColon = DiagnosticCode(
        "E0112",
        "a colon stands where no key can be",
        explanation: """
            A colon followed by a space makes what is before it a key. Here a key cannot stand: because the line \
            already is a value, or because it is indented deeper than the key above it, which has its value already. \
            Quote a value that contains a colon; else mend the indentation.
            """,
        example: "title: Orders: the public API"
    )

    static let notYAML = DiagnosticCode(
        "E0113",
        "the file is not well-formed YAML",
        explanation: "The text at this place follows no rule of YAML.",
        example: "- a\nb: c"
    )

    static let severalDocuments = DiagnosticCode(
        "E0114",
        "the file holds more than one document",
        explanation: """
            A file of a spec is one YAML document. Give several files to one build instead of separating them with \
            `---`: `apic build api.yaml prod.yaml` merges them.
            """,
        example: "apic: 1\n---\napic: 1"
    )

    static let unsupportedTag = DiagnosticCode(
        "E0115",
        "a tag is not supported",
        explanation: """
            Every scalar is read as the type that its key calls for, so tags have nothing to say. Only the core tags \
            (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq`, `!!map`) are accepted, and ignored.
            """,
        example: "gateway: !env NAME"
    )

    static let duplicateKey = DiagnosticCode(
        "E0116",
        "a key stands twice in the same map",
        explanation: """
            In a map each key may stand once. YAML readers differ in which one they believe, so neither is taken \
            here. Delete one, or merge what they say.
            """,
        example: "upstreams:\n  orders: { targets: [ \"http://a:80\" ] }\n  orders: { targets: [ \"http://b:80\" ] }"
    )

    static let keyIsNoScalar = DiagnosticCode(
        "E0117",
        "a key is not a word",
        explanation: "The keys of a spec are plain words. A list, a map or nothing cannot be a key.",
        example: "apis:\n  [orders, billing]: {}"
    )

    static let unknownAlias = DiagnosticCode(
        "E0118",
        "an alias names no anchor",
        explanation: """
            `*name` repeats the value that was marked `&name` further up in the same file. There is no such mark \
            before this place.
            """,
        example: "plugins: *common"
    )

    static let recursiveAlias = DiagnosticCode(
        "E0119",
        "an alias stands inside what it repeats",
        explanation: "The value marked with the anchor would contain itself without end.",
        example: "policies: &p\n  partner: *p"
    )

    static let aliasesExpandTooFar = DiagnosticCode(
        "E0120",
        "aliases expand too far",
        explanation: """
            Aliases of values that contain aliases multiply. Written out, those of this file would make more than two \
            million values, which is no spec that anybody wrote on purpose.
            """,
        example: "a: &a [x, x]\nb: &b [*a, *a]\n# and so on"
    )

    static let nestedTooDeep = DiagnosticCode(
        "E0121",
        "lists and maps are nested too deep",
        explanation: "A spec needs about ten levels; more than 64 are not read.",
        example: "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
    )

    static let tooManyNodes = DiagnosticCode(
        "E0122",
        "the spec holds too many values",
        explanation: "All files of a build together may hold four million keys and values. Split the gateway.",
        example: "# four million values"
    )

    static let badMergeKey = DiagnosticCode(
        "E0123",
        "a merge key has no map to merge",
        explanation: """
            `<<` takes the entries of another map into this one: `<<: *defaults`, or a list of aliases of maps. \
            Entries written beside it win.
            """,
        example: "orders:\n  <<: 5"
    )
}
