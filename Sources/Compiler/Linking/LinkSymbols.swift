/// Kinds of names that belong to a spec.
enum NameKind: Int, CaseIterable {
    case upstream
    case consumer
    case group
    case policy

    var noun: String {
        switch self {
        case .upstream: "upstream"
        case .consumer: "consumer"
        case .group: "group"
        case .policy: "policy"
        }
    }

    /// The key of `export`, and of what is missing where something was refused.
    var key: String {
        switch self {
        case .upstream: "upstreams"
        case .consumer: "consumers"
        case .group: "groups"
        case .policy: "policies"
        }
    }
}

/// The symbol table of a link: who defines which name, and for whom.
struct LinkSymbols {
    enum Binding {
        /// Private to its spec.
        case local
        /// Exported; another definition takes its place.
        case weak
        /// Exported: the only definition of the name.
        case strong
    }

    struct Definition {
        var unit: Int
        var name: Spanned<String>
        var binding: Binding
    }

    /// What a name means within a spec.
    enum Meaning {
        case definition(Definition)
        /// Only others define it, and keep it to themselves.
        case hidden(Definition)
        /// Several others offer a default.
        case contested(Definition, Definition)
        case unknown
    }

    /// What messages call them; without their documents, which the linker changes.
    private var units: [LinkUnit]
    /// By kind and name; in the order of the units, one for each.
    private var definitions: [[String: [Definition]]]

    init(_ units: [LinkUnit], into diagnostics: inout [Diagnostic]) {
        self.units = units
        definitions = NameKind.allCases.map { _ in [:] }
        for index in units.indices {
            for kind in NameKind.allCases { declare(kind, of: index, into: &diagnostics) }
        }
        for kind in NameKind.allCases { reportDoubles(kind, into: &diagnostics) }
        for index in units.indices { self.units[index].document = SpecDocument(span: units[index].document.span) }
    }

    private mutating func declare(_ kind: NameKind, of index: Int, into diagnostics: inout [Diagnostic]) {
        let document = units[index].document
        let strong = document.exports.names(kind)
        let weak = document.weakExports.names(kind)
        let bindings = Dictionary(
            weak.map { ($0.value, Binding.weak) } + strong.map { ($0.value, .strong) },
            uniquingKeysWith: { $1 }
        )
        var names: Set<String> = []
        for name in document.definedNames(kind) where names.insert(name.value).inserted {
            let definition = Definition(unit: index, name: name, binding: bindings[name.value] ?? .local)
            definitions[kind.rawValue][name.value, default: []].append(definition)
        }
        for name in weak {
            guard let first = strong.first(where: { $0.value == name.value }) else { continue }
            diagnostics.append(.exportedBothWays(name, first: first.span))
        }
        guard !document.incompleteKeys.contains(kind.key) else { return }
        for name in strong + weak where !names.contains(name.value) {
            diagnostics.append(.exportsNothing(name, kind, known: names.sorted()))
        }
    }

    /// A name that is exported means one thing in all specs.
    private func reportDoubles(_ kind: NameKind, into diagnostics: inout [Diagnostic]) {
        for (_, candidates) in definitions[kind.rawValue] {
            guard let first = candidates.first(where: { $0.binding == .strong }) else { continue }
            for other in candidates where other.unit != first.unit && other.binding != .weak {
                let isInOrder = first.name.span.isBefore(other.name.span) || other.binding == .local
                let (earlier, later) = isInOrder ? (first, other) : (other, first)
                diagnostics.append(
                    .nameTwice(kind, later.name, in: units[later.unit], first: earlier.name.span, units[earlier.unit])
                )
            }
        }
    }

    func meaning(of name: String, _ kind: NameKind, in unit: Int) -> Meaning {
        guard let candidates = definitions[kind.rawValue][name] else { return .unknown }
        let own = candidates.first { $0.unit == unit }
        if let own, own.binding != .weak { return .definition(own) }
        if let strong = candidates.first(where: { $0.binding == .strong }) { return .definition(strong) }
        if let own { return .definition(own) }
        let weak = candidates.filter { $0.binding == .weak }
        if weak.count > 1 { return .contested(weak[0], weak[1]) }
        return weak.first.map { .definition($0) } ?? .hidden(candidates[0])
    }

    /// Whether another spec's definition is used in place of a spec's own.
    func isReplaced(_ name: String, _ kind: NameKind, in unit: Int) -> Bool {
        guard case .definition(let definition) = meaning(of: name, kind, in: unit) else { return false }
        return definition.unit != unit
    }

    /// What the definition is called in the linked gateway.
    func linkedName(_ definition: Definition) -> String {
        let unit = units[definition.unit].name
        return definition.binding == .strong || unit.isEmpty
            ? definition.name.value : "\(unit)/\(definition.name.value)"
    }

    func unit(_ index: Int) -> LinkUnit { units[index] }
}

extension NamesSpec {
    func names(_ kind: NameKind) -> [Spanned<String>] {
        switch kind {
        case .upstream: upstreams
        case .consumer: consumers
        case .group: groups
        case .policy: policies
        }
    }
}

extension SpecDocument {
    /// A group is defined by those who are in it: more than once, if they are many.
    fileprivate func definedNames(_ kind: NameKind) -> [Spanned<String>] {
        switch kind {
        case .upstream: upstreams.map(\.name)
        case .consumer: consumers.map(\.name)
        case .group: consumers.flatMap(\.value.groups)
        case .policy: policies.map(\.name)
        }
    }
}
