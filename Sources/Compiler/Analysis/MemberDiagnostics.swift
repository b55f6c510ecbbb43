internal import GatewayIR

extension Diagnostic {
    static func ownersOverlap(
        _ claim: OwnedSpace.Claim,
        first: OwnedSpace.Claim,
        _ linkage: Linkage,
        witness: String
    ) -> Diagnostic {
        let (mine, theirs) = (linkage.units[claim.territory.unit].label, linkage.units[first.territory.unit].label)
        return Diagnostic(
            .ownersOverlap,
            "`\(mine)` and `\(theirs)` own the same requests",
            at: claim.span,
            related: [.init(first.span, "`\(theirs)` owns them here")],
            notes: ["both own `\(witness)`"],
            help: "give each a host or a path of its own"
        )
    }

    static func ownsTooMuch(_ claim: OwnedSpace.Claim, _ linkage: Linkage) -> Diagnostic {
        let unit = linkage.units[claim.territory.unit]
        let owner = linkage.ancestry(of: claim.territory.unit).dropFirst().first { linkage.units[$0].owns != nil }
        let giver = owner.map { linkage.units[$0] }
        return Diagnostic(
            .ownsTooMuch,
            "`\(unit.label)` cannot own \(claim.territory.text): `\(giver?.label ?? "")` does not",
            at: claim.span,
            related: giver?.owns.map { [.init($0.span, "`\(giver?.label ?? "")` owns this")] } ?? [],
            help: "narrow it, or widen what the outer member owns"
        )
    }

    static func outsideOwnership(_ api: Named<APISpec>, _ mount: Mount, owner: Linkage.Unit) -> Diagnostic {
        let place = api.value.path?.span ?? api.name.span
        let hosts = (owner.owns?.hosts ?? []).map { "`\($0.value)`" }.joined(separator: ", ")
        let isAboutHost = mount.host == .any && !hosts.isEmpty
        let host = mount.host == .any ? (isAboutHost ? " of every host" : "") : " of `\(mount.host.text)`"
        return Diagnostic(
            .outsideOwnership,
            "`\(api.name.value)` begins at `\(mount.prefix.text)`\(host), and `\(owner.label)` does not own all of that",
            at: isAboutHost ? api.name.span : place,
            related: owner.owns.map { [.init($0.span, "`\(owner.label)` owns this")] } ?? [],
            help: isAboutHost
                ? "set the API's `host` to one of \(hosts)" : "move the API into what is owned, or widen `owns`"
        )
    }

    static func membersOverlap(
        _ route: RouteMention,
        of unit: Linkage.Unit,
        first: RouteMention,
        of other: Linkage.Unit,
        witness: String
    ) -> Diagnostic {
        Diagnostic(
            .membersOverlap,
            "`\(route.text)` of `\(unit.label)` takes requests of `\(first.text)` of `\(other.label)`",
            at: route.span,
            related: [.init(first.span, "the route of `\(other.label)`")],
            notes: ["both match `\(witness)`"],
            help: "keep them apart by host or path; `owns` says whose is what"
        )
    }
}

extension Territory {
    /// `/orders/** of api.example.com`.
    fileprivate var text: String { "`\(path.text)`" + (host == .any ? "" : " of `\(host.text)`") }
}
