internal import GatewayIR

/// Turns the tree into a `SpecDocument`, strictly: whatever the schema does not know is reported, and so is every value
/// that is not what its key calls for. All mistakes in one walk; a refused value is left out of the document.
struct SpecDecoder {
    let tree: SyntaxTree
    private let environment: [String: String]
    private(set) var diagnostics: [Diagnostic] = []
    /// Where something was refused, so that nobody misses it later.
    private(set) var refused: [SourceSpan] = []
    /// Names of keys of which something was refused, so that nobody misses it later.
    var incompleteKeys: Set<String> = []
    /// What the automata of plugins have cost so far.
    var agentStepCount = 0

    static func decode(
        _ root: NodeIndex,
        in tree: SyntaxTree,
        environment: [String: String],
        into diagnostics: inout [Diagnostic]
    ) -> SpecDocument {
        var decoder = SpecDecoder(tree: tree, environment: environment)
        let document = decoder.document(root)
        diagnostics += decoder.diagnostics
        return document
    }

    private init(tree: SyntaxTree, environment: [String: String]) {
        self.tree = tree
        self.environment = environment
    }

    // MARK: Reporting

    /// - Parameter place: what is refused, if it is more than what is shown.
    mutating func report(_ diagnostic: Diagnostic, refusing place: SourceSpan? = nil) {
        if diagnostic.severity == .error { refused.append(place ?? diagnostic.span) }
        guard diagnostics.count < SyntaxLimits.diagnosticCountMax else { return }
        diagnostics.append(diagnostic)
    }

    mutating func report(_ problem: ScalarProblem, at span: SourceSpan) {
        report(Diagnostic(problem.code, problem.message, at: span, help: problem.help))
    }

    /// Remembers that a key says less than was meant.
    mutating func markIncomplete(_ key: String?) {
        if let key { incompleteKeys.insert(key) }
    }

    /// A list, map or scalar where something else is expected.
    ///
    /// - Parameter example: what would be right.
    mutating func reportType(_ node: NodeIndex, expected: String, of key: SchemaKey? = nil, example: String? = nil) {
        markIncomplete(key?.name)
        guard !tree[node].flags.contains(.refused) else {
            refused.append(span(node))
            return
        }
        let subject =
            key.map { "`\($0.name)` must be \(expected), and this" } ?? "\(expected) is expected here, and this"
        report(
            Diagnostic(
                .wrongType,
                "\(subject) is \(tree.describe(node))",
                at: span(node),
                help: (example ?? key?.example).map { "write it as in `\($0)`" }
            )
        )
    }

    func span(_ node: NodeIndex) -> SourceSpan { tree.span(of: node) }

    // MARK: Scalars

    /// The text of a scalar with its references replaced.
    mutating func text(
        _ node: NodeIndex,
        expected: String,
        of key: SchemaKey? = nil,
        example: String? = nil
    ) -> String? {
        let value = tree[node]
        guard value.kind == .scalar, !value.flags.contains(.refused), !tree.isNull(node) else {
            reportType(node, expected: expected, of: key, example: example)
            return nil
        }
        guard value.flags.contains(.reference) else { return tree.text(of: node) }
        do {
            return String(
                decoding: try Reference.expand(tree.bytes(of: node), environment: environment),
                as: UTF8.self
            )
        } catch {
            report(error.diagnostic(node, in: tree, environment: environment))
            return nil
        }
    }

    /// Where a secret is, if a scalar is a reference to one and nothing else.
    func secretReference(_ node: NodeIndex) -> SecretReference? {
        guard tree[node].flags.contains(.reference), tree[node].kind == .scalar else { return nil }
        return try? Reference.secret(tree.bytes(of: node))
    }

    /// A scalar as the value of its type.
    mutating func scalar<Value>(_ field: Field?, _ type: ScalarType<Value>) -> Spanned<Value>? {
        guard let field else { return nil }
        let value = scalar(field.node, type, of: field.key)
        if value == nil { markIncomplete(field.key.name) }
        return value
    }

    mutating func scalar<Value>(
        _ node: NodeIndex,
        _ type: ScalarType<Value>,
        of key: SchemaKey? = nil,
        example: String? = nil
    ) -> Spanned<Value>? {
        guard let text = text(node, expected: type.noun, of: key, example: example) else { return nil }
        do {
            return Spanned(try type.parse(text), span(node))
        } catch {
            report(error, at: span(node))
            return nil
        }
    }

    // MARK: Lists

    /// The items of a list; a list that holds nothing is reported where `isNeeded`.
    mutating func items(_ field: Field?, of what: String, isNeeded: Bool = false) -> [NodeIndex] {
        guard let field else { return [] }
        guard tree[field.node].kind == .list else {
            reportType(field.node, expected: "a list of \(what)", of: field.key)
            return []
        }
        if isNeeded, tree[field.node].second == 0 { reportEmpty(field, "the list of \(what) is empty") }
        return Array(tree.items(of: field.node))
    }

    /// Whether there is nothing in a map, and never was.
    func isEmptyMap(_ field: Field) -> Bool {
        let node = tree[field.node]
        return node.kind == .map && node.second == 0 && !node.flags.contains(.refused)
    }

    mutating func reportEmpty(_ field: Field, _ message: String) {
        report(
            Diagnostic(
                .emptyContent,
                message,
                at: span(field.node),
                help: "write it as in `\(field.key.example)`"
            )
        )
    }

    /// A list of scalars of one type.
    mutating func list<Value>(
        _ field: Field?,
        of what: String,
        _ type: ScalarType<Value>,
        isNeeded: Bool = false
    ) -> [Spanned<Value>] {
        var values: [Spanned<Value>] = []
        for item in items(field, of: what, isNeeded: isNeeded) {
            if let value = scalar(item, type, example: field?.key.example) {
                values.append(value)
            } else {
                markIncomplete(field?.key.name)
            }
        }
        return values
    }

    /// One scalar, or a list of them.
    mutating func oneOrMore<Value>(_ field: Field?, of what: String, _ type: ScalarType<Value>) -> [Spanned<Value>] {
        guard let field else { return [] }
        if tree[field.node].kind == .list { return list(field, of: what, type, isNeeded: true) }
        return scalar(field, type).map { [$0] } ?? []
    }

    /// A list of names that says each of them once.
    mutating func names(_ field: Field?, of what: String, _ type: ScalarType<String>, isNeeded: Bool = false)
        -> [Spanned<String>]
    {
        distinct(list(field, of: what, type, isNeeded: isNeeded), what) { $0 }
    }

    /// Reports what is listed twice, and keeps the first.
    mutating func distinct<Value>(
        _ values: [Spanned<Value>],
        _ what: String,
        by identity: (Value) -> String
    ) -> [Spanned<Value>] {
        guard values.count > 1 else { return values }
        var seen: [String: SourceSpan] = [:]
        return values.filter { value in
            let name = identity(value.value)
            guard let first = seen[name] else {
                seen[name] = value.span
                return true
            }
            report(
                Diagnostic(
                    .listedTwice,
                    "`\(name.excerpt)` is listed twice",
                    at: value.span,
                    related: [.init(first, "it is here first")],
                    help: "delete one of them"
                )
            )
            return false
        }
    }

    // MARK: Maps of names

    /// The entries of a map whose keys are names.
    mutating func entries<Value>(
        _ field: Field?,
        of what: String,
        name type: ScalarType<String>,
        _ decode: (inout SpecDecoder, Spanned<String>, NodeIndex) -> Value?
    ) -> [Named<Value>] {
        guard let field else { return [] }
        guard tree[field.node].kind == .map else {
            reportType(field.node, expected: "a map of \(what)", of: field.key)
            return []
        }
        var result: [Named<Value>] = []
        result.reserveCapacity(Int(tree[field.node].second))
        for (key, node) in tree.entries(of: field.node) {
            let name = keyText(key, type)
            if name == nil { markIncomplete(field.key.name) }
            if tree.isNull(node) {
                reportNoValue(tree.text(of: key), key)
                markIncomplete(field.key.name)
            } else if let value = decode(&self, name ?? Spanned("", span(key)), node), let name {
                result.append(Named(name, value))
            }
        }
        return result
    }

    /// The text of a key, in which nothing is replaced.
    private mutating func keyText(_ key: NodeIndex, _ type: ScalarType<String>) -> Spanned<String>? {
        guard !tree[key].flags.contains(.reference) else {
            report(
                Diagnostic(
                    .badReference,
                    "references are not replaced in keys",
                    at: span(key),
                    help: "write the name itself"
                )
            )
            return nil
        }
        do {
            return Spanned(try type.parse(tree.text(of: key)), span(key))
        } catch {
            report(error, at: span(key))
            return nil
        }
    }

    mutating func reportNoValue(_ name: String, _ key: NodeIndex) {
        report(
            Diagnostic(
                .noValue,
                "`\(name.excerpt)` has no value",
                at: span(key),
                help: "write the value, or delete the line"
            )
        )
    }
}

extension Reference.Problem {
    /// - Parameter node: the scalar that holds the reference; a text with escapes is pointed at as a whole.
    fileprivate func diagnostic(_ node: NodeIndex, in tree: SyntaxTree, environment: [String: String]) -> Diagnostic {
        var span = tree.span(of: node)
        if !tree[node].flags.contains(.loose) {
            span.start = UInt32(truncatingIfNeeded: range.lowerBound)
            span.end = UInt32(truncatingIfNeeded: range.upperBound)
        }
        switch kind {
        case .unterminated:
            return Diagnostic(
                .badReference,
                "`${` has no closing `}`",
                at: span,
                help: "close it, or write `$${` for the characters `${`"
            )
        case .noScheme(let name):
            return Diagnostic(
                .badReference,
                "`${\(name.excerpt)}` does not say where the value comes from",
                at: span,
                help:
                    "write `${build:\(name.excerpt)}` for a variable of the build, `${env:…}` or `${file:…}` for a secret"
            )
        case .unknownScheme(let scheme):
            let suggestion = Spelling.suggestion(for: scheme, among: ["build", "env", "file"])
            return Diagnostic(
                .badReference,
                "`\(scheme.excerpt)` is no source of values",
                at: span,
                help: suggestion.map { "did you mean `${\($0):…}`?" }
                    ?? "write `${build:NAME}`, `${env:NAME}` or `${file:PATH}`"
            )
        case .badName(let scheme, let name):
            let what = scheme == "file" ? "path" : "name of a variable"
            return Diagnostic(
                .badReference,
                name.isEmpty ? "the \(what) is missing" : "`\(name.excerpt)` is no \(what)",
                at: span,
                help: scheme == "file"
                    ? "write `${file:/run/secrets/name}`" : "use letters, digits and `_`: `${\(scheme):NAME}`"
            )
        case .missingVariable(let name):
            let suggestion = Spelling.suggestion(for: name, among: environment.keys.sorted())
            return Diagnostic(
                .missingBuildVariable,
                "the build's environment has no variable `\(name)`",
                at: span,
                help: suggestion.map { "did you mean `\($0)`?" } ?? "set it for the build: `\(name)=… apic build …`"
            )
        case .secret(let scheme, let isWhole):
            let help =
                isWhole
                ? "write the value, or `${build:NAME}` to take it from the build's environment"
                : "a secret is the whole value; for a part that is no secret write `${build:NAME}`"
            return Diagnostic(
                .secretMisplaced,
                isWhole
                    ? "`${\(scheme):…}` is a secret, and no secret is expected here"
                    : "`${\(scheme):…}` is a secret, and cannot be a part of a text",
                at: span,
                help: help
            )
        }
    }
}
