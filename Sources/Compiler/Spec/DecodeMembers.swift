extension SpecDecoder {
    /// Keys that a spec's own build obeys, and a link of several does not.
    private static let localKeys = [
        "listen", "drain", "access-log", "governance", "nodes", "bundles", "redis", "revoked",
    ]

    /// What the spec has to do with others.
    mutating func members(_ fields: Fields, into spec: inout SpecDocument) {
        for node in items(fields["members"], of: "members", isNeeded: true) {
            guard let member = member(node) else {
                markIncomplete("members")
                continue
            }
            spec.members.append(member)
        }
        if let field = fields["export"] { spec.exports = names(field) }
        if let field = fields["weak"] { spec.weakExports = names(field) }
        if fields.keyNode("members") == nil { requireKey("apis", in: fields) }
        spec.localKeys = SpecDecoder.localKeys.compactMap { name in
            fields.keyNode(name).map { Spanned(name, span($0)) }
        }
    }

    private mutating func member(_ node: NodeIndex) -> MemberSpec? {
        guard let fields = fields(node, SpecSchema.member) else { return nil }
        let spec = scalar(fields["spec"], .line(maxCount: 4096))
        let name = scalar(fields["name"], .name)
        var owns: OwnershipSpec?
        if let field = fields["owns"], let keys = self.fields(field, SpecSchema.ownership) {
            var ownership = OwnershipSpec(span: span(field.node))
            ownership.hosts = oneOrMore(keys["hosts"], of: "hosts", .pattern("a host such as `api.example.com`"))
            ownership.paths = oneOrMore(keys["paths"], of: "paths", .pattern("a path such as `/orders/**`"))
            if let plugins = keys["plugins"] {
                ownership.plugins = list(plugins, of: "names of plugins", .ownedPlugin)
            }
            owns = ownership
        }
        guard let spec else { return nil }
        return MemberSpec(spec: spec, name: name, owns: owns, span: span(node))
    }

    private mutating func names(_ field: Field) -> NamesSpec {
        var names = NamesSpec()
        guard let fields = fields(field, SpecSchema.names) else { return names }
        names.upstreams = self.names(fields["upstreams"], of: "names of upstreams", .name)
        names.consumers = self.names(fields["consumers"], of: "names of consumers", .personName)
        names.groups = self.names(fields["groups"], of: "names of groups", .personName)
        names.policies = self.names(fields["policies"], of: "names of policies", .name)
        return names
    }
}

extension ScalarType where Value == String {
    /// The name of a plugin of this version.
    static let ownedPlugin = ScalarType("the name of a plugin") { text throws(ScalarProblem) in
        if PluginSchema.names.contains(text) { return text }
        throw Words.problem(text, among: PluginSchema.names.sorted())
    }
}
