/// A value of a map and the key that it belongs to.
struct Field {
    let node: NodeIndex
    let key: SchemaKey
    /// Where the key stands.
    let keySpan: SourceSpan
}

/// The values of a map by the keys of its schema.
struct Fields {
    let schema: SchemaMap
    let node: NodeIndex
    fileprivate var spans: [SourceSpan]
    fileprivate var values: [NodeIndex]
    fileprivate var keyNodes: [NodeIndex]

    /// The value of a key, if it is there and not refused.
    subscript(name: String) -> Field? {
        guard let index = schema.index(of: name) else {
            assertionFailure("the schema of \(schema.title) has no key \(name)")
            return nil
        }
        return values[index] == .none ? nil : Field(node: values[index], key: schema.keys[index], keySpan: spans[index])
    }

    /// Where a key stands.
    func keyNode(_ name: String) -> NodeIndex? {
        guard let index = schema.index(of: name), keyNodes[index] != .none else { return nil }
        return keyNodes[index]
    }
}

extension SpecDecoder {
    /// The entries of a map that is the value of a key.
    mutating func fields(_ field: Field, _ schema: SchemaMap) -> Fields? {
        guard tree[field.node].kind == .map else {
            reportType(field.node, expected: "a map", of: field.key)
            return nil
        }
        return fields(field.node, schema, heading: field.keySpan)
    }

    /// Sorts the entries of a map by the schema's keys; reports what is unknown, missing or without a value.
    ///
    /// - Parameter heading: the key that the map belongs to; that is where something is missing.
    mutating func fields(_ node: NodeIndex, _ schema: SchemaMap, heading: SourceSpan? = nil) -> Fields? {
        guard tree[node].kind == .map else {
            let needed = schema.keys.first { $0.presence == .required } ?? schema.keys.first
            reportType(node, expected: "a map", example: needed.map { "{ \($0.example) }" })
            return nil
        }
        let nothing = [NodeIndex](repeating: .none, count: schema.keys.count)
        let nowhere = [SourceSpan](repeating: span(node), count: schema.keys.count)
        var fields = Fields(schema: schema, node: node, spans: nowhere, values: nothing, keyNodes: nothing)
        var unknown: [NodeIndex] = []
        for (keyNode, value) in tree.entries(of: node) {
            let name = tree.bytes(of: keyNode)
            guard let index = schema.names.firstIndex(where: { $0.elementsEqual(name) }) else {
                unknown.append(keyNode)
                continue
            }
            fields.keyNodes[index] = keyNode
            fields.spans[index] = span(keyNode)
            if case .later(let advice) = schema.keys[index].presence {
                reportLater(keyNode, advice)
            } else if tree.isNull(value) {
                reportNoValue(schema.keys[index].name, keyNode)
                markIncomplete(schema.keys[index].name)
            } else {
                fields.values[index] = value
            }
        }
        // Keys that a misspelt one probably stands for: not reported as missing.
        let meant = Set(unknown.compactMap { reportUnknown($0, fields) })
        incompleteKeys.formUnion(meant)
        for (index, key) in schema.keys.enumerated() where key.presence == .required {
            guard fields.keyNodes[index] == .none, !meant.contains(key.name) else { continue }
            markIncomplete(key.name)
            // A key that is no word may have been meant.
            guard !tree[node].flags.contains(.refused) else { continue }
            reportMissing(key, in: schema, node, heading)
        }
        return fields
    }

    private mutating func reportUnknown(_ keyNode: NodeIndex, _ fields: Fields) -> String? {
        let schema = fields.schema
        let name = tree.text(of: keyNode)
        if schema.path == SpecSchema.document.path, name.hasPrefix("x-") { return nil }
        // A key that is there already is not what was meant, if another one is as near.
        let absent = schema.supportedNames.filter { fields.keyNode($0) == nil }
        let suggestion =
            Spelling.suggestion(for: name, among: absent)
            ?? Spelling.suggestion(for: name, among: schema.supportedNames)
        let known = schema.supportedNames.map { "`\($0)`" }.joined(separator: ", ")
        report(
            Diagnostic(
                .unknownKey,
                "\(schema.noun) has no key `\(name.excerpt)`",
                at: span(keyNode),
                notes: ["known keys: \(known)"],
                help: suggestion.map { "did you mean `\($0)`?" } ?? elsewhere(name, schema)
            )
        )
        return suggestion
    }

    /// Where a key belongs that is unknown here.
    private func elsewhere(_ name: String, _ schema: SchemaMap) -> String {
        // A plugin's settings are meant only where a plugin could stand.
        let isNearPlugins = schema.supportedNames.contains("plugins") || PluginSchema.isPart(schema)
        let homes = SpecSchema.all.filter { map in
            map.supportedNames.contains(name) && map.path != schema.path
                && (isNearPlugins || !PluginSchema.isPart(map))
        }
        if PluginSchema.names.contains(name), schema.supportedNames.contains("plugins") {
            return "plugins are items of a list: `plugins: [ { \(name): … } ]`"
        }
        guard let home = homes.first, homes.count <= 3 else { return "write one of the known keys, or delete it" }
        if home.path == SpecSchema.document.path { return "`\(name)` belongs to the top level" }
        let place = home.noun == "`\(home.path)`" ? "" : " (`\(home.path)`)"
        return "`\(name)` belongs to \(home.noun)\(place)"
    }

    private mutating func reportLater(_ keyNode: NodeIndex, _ advice: String) {
        report(
            Diagnostic(
                .notYetSupported,
                "`\(tree.text(of: keyNode))` is not supported by this version of apic yet",
                at: span(keyNode),
                help: advice
            )
        )
    }

    /// Reports a key as missing that is required only where others are absent too.
    mutating func requireKey(_ name: String, in fields: Fields) {
        guard fields.keyNode(name) == nil, !incompleteKeys.contains(name) else { return }
        markIncomplete(name)
        guard let key = fields.schema.keys.first(where: { $0.name == name }),
            !tree[fields.node].flags.contains(.refused)
        else { return }
        reportMissing(key, in: fields.schema, fields.node, nil)
    }

    private mutating func reportMissing(
        _ key: SchemaKey,
        in schema: SchemaMap,
        _ node: NodeIndex,
        _ heading: SourceSpan?
    ) {
        var span = heading ?? span(node)
        // Of a map without a heading the first key is enough to see which one is meant.
        if heading == nil, let first = tree.entries(of: node).first(where: { _ in true }),
            self.span(first.key).start == span.start
        {
            span.end = self.span(first.key).end
        }
        report(
            Diagnostic(
                .missingKey,
                "\(schema.noun) needs the key `\(key.name)`",
                at: span,
                help: "add `\(key.example)`"
            ),
            refusing: self.span(node)
        )
    }

    /// Reports two keys of which only one may stand; returns the first that does.
    mutating func exclusive(_ fields: Fields, _ names: [String]) -> Field? {
        let present = names.filter { fields.keyNode($0) != nil }
        for name in present.dropFirst() {
            guard let later = fields.keyNode(name), let first = fields.keyNode(present[0]) else { continue }
            report(
                Diagnostic(
                    .exclusiveKeys,
                    "`\(present[0])` and `\(name)` exclude each other",
                    at: span(later),
                    related: [.init(span(first), "`\(present[0])` is here")],
                    help: "keep one of them"
                )
            )
        }
        return present.first.flatMap { fields[$0] }
    }

    /// The same, and one of them must stand.
    mutating func exactlyOne(_ fields: Fields, _ names: [String]) -> Field? {
        if names.allSatisfy({ fields.keyNode($0) == nil }) {
            let list = names.map { "`\($0)`" }.joined(separator: " or ")
            let example = fields.schema.keys.first { $0.name == names[0] }?.example ?? names[0]
            report(
                Diagnostic(
                    .oneKeyNeeded,
                    "\(fields.schema.noun) needs \(list)",
                    at: span(fields.node),
                    help: "add `\(example)`"
                )
            )
        }
        return exclusive(fields, names)
    }
}
