extension TableReport {
    /// By host, then best rank first.
    var routes: ReportPart {
        var part = ReportPart(
            "routes",
            columns: ["rank", "methods", "host", "path", "headers", "api", "version", "program"]
        )
        let rows = (0..<UInt32(view.routes.count)).map { index in
            (host: view.hostIndex(ofRoute: index), rank: view.routes[index].rank, index: index)
        }
        let ordered = rows.sorted {
            if $0.host != $1.host { return $0.host < $1.host }
            return $0.rank != $1.rank ? $0.rank > $1.rank : $0.index < $1.index
        }
        for row in ordered {
            let route = view.routes[row.index]
            let version = view.versions[view.version(ofRoute: row.index)]
            part.add([
                .number(Int(route.rank)),
                .list(view.methodNames(route.methods)),
                .text(view.hostText(row.host)),
                .text(view.path(ofRoute: row.index)),
                .list(conditions(route.conditionSet)),
                .text(view.string(view.apis[version.api].name)),
                .text(view.string(version.name)),
                .number(Int(route.program)),
            ])
        }
        return part
    }

    /// Every version with its dates and where it stands.
    var versions: ReportPart {
        var part = ReportPart(
            "versions",
            columns: [
                "api", "version", "selected by", "state", "released", "announced", "deprecated", "sunset", "retired",
                "brownouts", "successor", "docs",
            ]
        )
        for index in 0..<UInt32(view.versions.count) {
            let version = view.versions[index]
            let state = view.state(ofVersion: index, at: instant).state
            part.add([
                .text(view.string(view.apis[version.api].name)),
                .text(view.string(version.name)),
                .text(selection(version)),
                .text(
                    state.name.description + (state == .planned && version.hasPreview != 0 ? ", with a preview" : "")
                ),
                date(version.released), date(version.announced), date(version.deprecated), date(version.sunset),
                date(version.retired), .list(brownouts(version.brownouts)),
                version.successor == TableLayout.none
                    ? .none : .text(view.string(view.versions[version.successor].name)),
                version.docs.count == 0 ? .none : .text(view.string(version.docs)),
            ])
        }
        return part
    }

    private func conditions(_ set: UInt16) -> [String] {
        let range = view.conditionSets[UInt32(set)]
        return (range.first..<range.first + range.count).map { index in
            "\(view.string(view.conditions[index].name)): \(view.string(view.conditions[index].value))"
        }
    }

    private func selection(_ version: VersionRecord) -> String {
        let api = view.apis[version.api]
        let value = view.string(version.value)
        let name = view.string(api.selectorName)
        return switch SelectorKind(rawValue: api.selector) {
        case .path: "path \(value)"
        case .host: "host \(value)"
        case .header: "header \(name): \(value)"
        case .query: "query \(name)=\(value)"
        case .mediaType, nil: "media type \(name)\(value)\(view.string(api.selectorSuffix))"
        }
    }

    private func brownouts(_ range: RangeRecord) -> [String] {
        (range.first..<range.first + range.count).map { index in
            let window = view.brownouts[index]
            return "\(CalendarTime(window.from).rfc3339)/\(CalendarTime(window.until).rfc3339) \(window.status)"
        }
    }

    private func date(_ instant: Int64) -> ReportPart.Value {
        switch instant {
        case TableLayout.never: .none
        case TableLayout.always: .text("at once")
        default: .text(CalendarTime(instant).rfc3339)
        }
    }
}
