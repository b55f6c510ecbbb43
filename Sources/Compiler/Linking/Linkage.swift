/// Which spec of a link is what. A spec without members is a link of one.
package struct Linkage: Sendable {
    package struct Unit: Sendable {
        /// What messages and reports call it.
        package var label: String
        /// What its private names begin with; empty for the spec that is built.
        package var name: String
        package var parent: Int?
        /// Index of its file in positions.
        package var file = 0
        package var owns: OwnershipSpec?
        package var exports: [Export] = []
        /// Consumers that its APIs know, ascending, if there are others that they do not.
        var audience: [String]?
    }

    /// A name that a spec offers to the others.
    package struct Export: Sendable {
        /// `upstream`, `consumer`, `group`, `policy`.
        package var kind: String
        package var name: String
        package var isWeak: Bool
    }

    /// A name of another spec that a spec uses.
    package struct Use: Sendable {
        package var unit: Int
        package var definer: Int
        /// As in `Export`.
        package var kind: String
        package var name: String
    }

    /// A unit stands behind the one that it is a member of.
    package var units: [Unit]
    /// By the name of each API.
    package var unitsOfAPIs: [String: Int] = [:]
    /// Each once for a unit.
    package var uses: [Use] = []
    /// Names of the linked document that others might use: they may stand unused.
    var exportedUpstreams: Set<String> = []
    var exportedPolicies: Set<String> = []

    package static let alone = Linkage(units: [Unit(label: "", name: "")])

    package var hasMembers: Bool { units.count > 1 }

    /// The unit, then those that it is a member of, up to the spec that is built.
    func ancestry(of unit: Int) -> some Sequence<Int> {
        sequence(first: unit) { units[$0].parent }
    }

    /// Whether one is a member of the other, directly or not.
    func areRelated(_ left: Int, _ right: Int) -> Bool {
        ancestry(of: left).contains(right) || ancestry(of: right).contains(left)
    }
}

/// All specs of a link as one document: names are qualified, so that those of different specs never meet.
struct LinkedSpec: Sendable {
    var document: SpecDocument
    var linkage: Linkage
}
