internal import GatewayCompiler
internal import GatewayIR

/// Who owns what in a linked gateway: one row for each spec, a member behind the spec that names it, neighbours by
/// name.
struct LinkReport {
    struct Unit {
        var name: String
        var file: String
        /// Index of the row that it is a member of.
        var parent: Int?
        var depth: Int
        /// As the spec says; empty is everything that the parent owns.
        var hosts: [String]
        var paths: [String]
        /// `nil` is all.
        var plugins: [String]?
        /// Ascending.
        var apis: [String]
        var versionCount: Int
        var routeCount: Int
        var exports: [Linkage.Export]
        /// What it uses of others: index of their row, kind and name.
        var uses: [(unit: Int, kind: String, name: String)]
    }

    let gateway: String
    private(set) var units: [Unit] = []

    init(_ gateway: Gateway, _ linkage: Linkage, files: [SourceFile]) {
        self.gateway = gateway.name
        var counts = [(apis: [String], versions: Int, routes: Int)](
            repeating: ([], 0, 0),
            count: linkage.units.count
        )
        var routes = [Int](repeating: 0, count: gateway.apis.count)
        for route in gateway.routes { routes[gateway.versions[route.version].api] += 1 }
        for (index, api) in gateway.apis.enumerated() {
            guard let unit = linkage.unitsOfAPIs[api.name] else { continue }
            counts[unit].apis.append(api.name)
            counts[unit].versions += api.versions.count
            counts[unit].routes += routes[index]
        }
        let order = Self.order(linkage)
        var rows: [Int: Int] = [:]
        for (row, entry) in order.enumerated() { rows[entry.unit] = row }
        units = order.map { entry in
            let unit = linkage.units[entry.unit]
            let uses = linkage.uses.filter { $0.unit == entry.unit }
                .compactMap { use in rows[use.definer].map { (unit: $0, kind: use.kind, name: use.name) } }
            return Unit(
                name: unit.label,
                file: unit.file < files.count ? files[unit.file].path : "",
                parent: unit.parent.flatMap { rows[$0] },
                depth: entry.depth,
                hosts: (unit.owns?.hosts ?? []).map(\.value),
                paths: (unit.owns?.paths ?? []).map(\.value),
                plugins: unit.owns?.plugins?.map(\.value),
                apis: counts[entry.unit].apis,
                versionCount: counts[entry.unit].versions,
                routeCount: counts[entry.unit].routes,
                exports: unit.exports,
                uses: uses.sorted { ($0.unit, $0.kind, $0.name) < ($1.unit, $1.kind, $1.name) }
            )
        }
    }

    private static func order(_ linkage: Linkage) -> [(unit: Int, depth: Int)] {
        var members: [Int: [Int]] = [:]
        for (index, unit) in linkage.units.enumerated() {
            if let parent = unit.parent { members[parent, default: []].append(index) }
        }
        var result: [(unit: Int, depth: Int)] = []
        var pending: [(unit: Int, depth: Int)] = [(0, 0)]
        while let next = pending.popLast() {
            result.append(next)
            let below = (members[next.unit] ?? []).sorted { linkage.units[$0].label > linkage.units[$1].label }
            pending += below.map { ($0, next.depth + 1) }
        }
        return result
    }

    // MARK: As a table

    var text: String {
        let header = ["spec", "owns", "APIs", "versions", "routes", "exports", "uses"]
        let rows = units.map { unit in
            [
                String(repeating: "  ", count: unit.depth) + unit.name,
                ownership(of: unit),
                "\(unit.apis.count)", "\(unit.versionCount)", "\(unit.routeCount)",
                unit.exports.map { "\($0.kind) \($0.name)\($0.isWeak ? " (weak)" : "")" }.joined(separator: ", "),
                unit.uses.map { "\($0.kind) \($0.name) of \(units[$0.unit].name)" }.joined(separator: ", "),
            ]
        }
        let table = [header] + rows
        let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            let cells = row.indices.map { column in
                row[column] + String(repeating: " ", count: widths[column] - row[column].count)
            }
            let line = cells.joined(separator: "  ")
            return line.replacing(#/ +$/#, with: "") + "\n"
        }.joined()
    }

    /// `api.example.com: /orders/**`, `/orders/**`, or `-` for a spec without `owns`.
    func ownership(of unit: Unit) -> String {
        guard !unit.hosts.isEmpty || !unit.paths.isEmpty else { return "-" }
        let paths = unit.paths.isEmpty ? "/**" : unit.paths.joined(separator: " ")
        return unit.hosts.isEmpty ? paths : "\(unit.hosts.joined(separator: " ")): \(paths)"
    }

    // MARK: As JSON

    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.key("gateway") { $0.string(gateway) }
            json.key("specs") { json in
                json.array { json in for unit in units { json.object { write(unit, to: &$0) } } }
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private func write(_ unit: Unit, to json: inout JSONWriter) {
        let list = { (values: [String], json: inout JSONWriter) in
            json.array { json in for value in values { json.string(value) } }
        }
        json.key("name") { $0.string(unit.name) }
        json.key("file") { $0.string(unit.file) }
        if let parent = unit.parent { json.key("member-of") { $0.string(units[parent].name) } }
        json.key("owns") { json in
            json.object { json in
                json.key("hosts") { list(unit.hosts, &$0) }
                json.key("paths") { list(unit.paths, &$0) }
                if let plugins = unit.plugins { json.key("plugins") { list(plugins, &$0) } }
            }
        }
        json.key("apis") { list(unit.apis, &$0) }
        json.key("versions") { $0.number(unit.versionCount) }
        json.key("routes") { $0.number(unit.routeCount) }
        json.key("exports") { json in
            json.array { json in
                for export in unit.exports {
                    json.object { json in
                        json.key("kind") { $0.string(export.kind) }
                        json.key("name") { $0.string(export.name) }
                        json.key("weak") { $0.verbatim((export.isWeak ? "true" : "false").utf8) }
                    }
                }
            }
        }
        json.key("uses") { json in
            json.array { json in
                for use in unit.uses {
                    json.object { json in
                        json.key("kind") { $0.string(use.kind) }
                        json.key("name") { $0.string(use.name) }
                        json.key("of") { $0.string(units[use.unit].name) }
                    }
                }
            }
        }
    }
}
