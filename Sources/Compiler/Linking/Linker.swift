/// Makes one document of all specs of a link.
///
/// The result does not depend on the order of members, nor on how they are nested: a name is qualified by its spec
/// alone, exports are known everywhere, and what comes after sorts by name.
struct Linker {
    private var units: [LinkUnit]
    private let symbols: LinkSymbols
    private var diagnostics: [Diagnostic] = []

    static func link(_ units: consuming [LinkUnit], into diagnostics: inout [Diagnostic]) -> LinkedSpec {
        guard units.count > 1 else {
            // Built alone, a spec keeps its names, and exports to nobody.
            let document = units[0].document
            var linkage = Linkage.alone
            linkage.units[0].label = units[0].label
            linkage.units[0].exports = document.exportList
            linkage.unitsOfAPIs = Dictionary(document.apis.map { ($0.name.value, 0) }, uniquingKeysWith: { $1 })
            linkage.exportedUpstreams = document.exportedNames(.upstream)
            linkage.exportedPolicies = document.exportedNames(.policy)
            return LinkedSpec(document: document, linkage: linkage)
        }
        var linker = Linker(units, into: &diagnostics)
        let linked = linker.linked()
        diagnostics += linker.diagnostics
        return linked
    }

    private init(_ units: consuming [LinkUnit], into diagnostics: inout [Diagnostic]) {
        symbols = LinkSymbols(copy units, into: &diagnostics)
        self.units = units
    }

    private mutating func linked() -> LinkedSpec {
        checkNames()
        checkPlugins()
        reportPassedOver()
        var uses: [Linkage.Use] = []
        for index in units.indices {
            var renaming = UnitRenaming(index, symbols)
            renaming.rename(&units[index].document)
            diagnostics += renaming.diagnostics
            uses += renaming.uses
        }
        var linkage = linkage()
        linkage.uses = uses
        var document = units[0].document
        for unit in units.dropFirst() { append(unit.document, to: &document) }
        removeDoubleAPIs(&document)
        for api in document.apis { linkage.unitsOfAPIs[api.name.value] = api.value.unit }
        return LinkedSpec(document: document, linkage: linkage)
    }

    // MARK: Checks

    /// Names of members qualify others, so there may be only one of each.
    private mutating func checkNames() {
        var firsts: [String: SourceSpan] = [:]
        for unit in units.dropFirst() {
            guard let declaration = unit.declaration, let name = declaration.name ?? unit.document.gateway else {
                continue
            }
            let place = declaration.name?.span ?? declaration.spec.span
            if let first = firsts.updateValue(place, forKey: unit.name) {
                diagnostics.append(.memberNameTwice(Spanned(name.value, place), first: first))
            }
        }
    }

    private mutating func checkPlugins() {
        for index in units.indices.dropFirst() {
            if let use = units[index].document.plugins.first {
                diagnostics.append(.globalPlugin(use, units[index]))
                units[index].document.plugins = []
            }
            var ancestor: Int? = index
            while let current = ancestor {
                checkPlugins(of: index, against: units[current].declaration?.owns?.plugins, of: current)
                ancestor = units[current].parent
            }
        }
    }

    private mutating func checkPlugins(of index: Int, against allowed: [Spanned<String>]?, of owner: Int) {
        guard let allowed, let span = units[owner].declaration?.owns?.span else { return }
        let names = Set(allowed.map(\.value))
        let label = units[index].label
        var found: [Diagnostic] = []
        units[index].document.forEachPluginList { uses in
            for use in uses where !names.contains(use.name.value) {
                found.append(.pluginNotOwned(use, member: label, owns: span))
            }
        }
        diagnostics += found
    }

    /// One note for all members: there may be hundreds.
    private mutating func reportPassedOver() {
        let places = units.dropFirst().compactMap { unit in
            unit.document.localKeys.first.map { (unit: unit, key: $0) }
        }
        guard let first = places.first else { return }
        let keys = first.unit.document.localKeys.map(\.value)
        diagnostics.append(.passedOver(keys, at: first.key.span, of: first.unit, others: places.dropFirst().map(\.key)))
    }

    // MARK: The union

    private func linkage() -> Linkage {
        let visible = audiences()
        var linkage = Linkage(
            units: units.indices.map { index in
                Linkage.Unit(
                    label: units[index].label,
                    name: units[index].name,
                    parent: units[index].parent,
                    file: units[index].file,
                    owns: units[index].declaration?.owns,
                    exports: units[index].document.exportList,
                    audience: visible[index]
                )
            }
        )
        for unit in units {
            for (kind, path) in [(NameKind.upstream, \Linkage.exportedUpstreams), (.policy, \.exportedPolicies)] {
                linkage[keyPath: path].formUnion(unit.document.exports.names(kind).map(\.value))
                let prefix = unit.name.isEmpty ? "" : "\(unit.name)/"
                linkage[keyPath: path].formUnion(unit.document.weakExports.names(kind).map { prefix + $0.value })
            }
        }
        return linkage
    }

    /// The consumers that each unit's APIs know: its own and the exported ones.
    private func audiences() -> [[String]?] {
        var exported: Set<String> = []
        var count = 0
        for (index, unit) in units.enumerated() {
            count += unit.document.consumers.count
            let prefix = unit.name.isEmpty ? "" : "\(unit.name)/"
            for name in unit.document.exports.consumers { exported.insert(name.value) }
            for name in unit.document.weakExports.consumers
            where !symbols.isReplaced(name.value, .consumer, in: index) { exported.insert(prefix + name.value) }
        }
        return units.map { unit in
            let visible = Set(unit.document.consumers.map(\.name.value)).union(exported)
            return visible.count == count ? nil : visible.sorted()
        }
    }

    private func append(_ member: SpecDocument, to document: inout SpecDocument) {
        document.upstreams += member.upstreams
        document.consumers += member.consumers
        document.policies += member.policies
        document.apis += member.apis
        // Files of later units have higher indices, so that this stays in order.
        document.refused += member.refused
        document.incompleteKeys.formUnion(member.incompleteKeys)
    }

    /// The names of APIs belong to the gateway.
    private mutating func removeDoubleAPIs(_ document: inout SpecDocument) {
        var firsts: [String: (span: SourceSpan, unit: Int)] = [:]
        var found: [Diagnostic] = []
        document.apis.removeAll { api in
            guard let first = firsts[api.name.value] else {
                firsts[api.name.value] = (api.name.span, api.value.unit)
                return false
            }
            found.append(.apiTwice(api.name, in: units[api.value.unit], first: first.span, units[first.unit]))
            return true
        }
        diagnostics += found
    }
}

extension SpecDocument {
    /// Names that other specs might use.
    fileprivate func exportedNames(_ kind: NameKind) -> Set<String> {
        Set((exports.names(kind) + weakExports.names(kind)).map(\.value))
    }

    fileprivate var exportList: [Linkage.Export] {
        NameKind.allCases.flatMap { kind in
            let strong = exports.names(kind).map { Linkage.Export(kind: kind.noun, name: $0.value, isWeak: false) }
            let weak = weakExports.names(kind).map { Linkage.Export(kind: kind.noun, name: $0.value, isWeak: true) }
            return (strong + weak).sorted { $0.name < $1.name }
        }
    }
}
