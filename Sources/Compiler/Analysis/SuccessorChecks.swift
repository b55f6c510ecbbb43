internal import GatewayIR

/// The versions of one API among each other: successors and the default.
enum SuccessorChecks {
    /// - Parameters:
    ///   - versions: ascending by name.
    ///   - isWhole: whether these are all versions that the spec has.
    /// - Returns: by version, the index of its successor in `versions`.
    static func successors(
        of versions: [Named<VersionSpec>],
        isWhole: Bool,
        into diagnostics: inout [Diagnostic]
    ) -> [Int?] {
        let names = versions.map(\.name.value)
        var successors = versions.map { version in
            successor(of: version, among: names, isWhole: isWhole, into: &diagnostics)
        }
        for circle in circles(successors) {
            diagnostics.append(.successorCircle(circle.map { versions[$0] }))
            for member in circle { successors[member] = nil }
        }
        for (index, successor) in successors.enumerated() {
            guard let successor else { continue }
            checkDates(versions[index], successor: versions[successor], into: &diagnostics)
        }
        return successors
    }

    private static func successor(
        of version: Named<VersionSpec>,
        among names: [String],
        isWhole: Bool,
        into diagnostics: inout [Diagnostic]
    ) -> Int? {
        guard let name = version.value.successor else { return nil }
        guard name.value != version.name.value else {
            diagnostics.append(.ownSuccessor(name))
            return nil
        }
        guard let index = names.firstIndex(of: name.value) else {
            guard isWhole else { return nil }
            diagnostics.append(.unknownSuccessor(name, known: names.filter { $0 != version.name.value }))
            return nil
        }
        return index
    }

    /// The circles of a graph in which each node has at most one way on; each begins with its least member.
    private static func circles(_ successors: [Int?]) -> [[Int]] {
        var walks = [Int](repeating: -1, count: successors.count)
        var results: [[Int]] = []
        for start in successors.indices where walks[start] == -1 {
            var way: [Int] = []
            var current: Int? = start
            while let node = current, walks[node] == -1 {
                walks[node] = start
                way.append(node)
                current = successors[node]
            }
            guard let node = current, walks[node] == start, let entry = way.firstIndex(of: node) else { continue }
            let circle = Array(way[entry...])
            let least = circle.indices.min { circle[$0] < circle[$1] } ?? 0
            results.append(Array(circle[least...] + circle[..<least]))
        }
        return results
    }

    private static func checkDates(
        _ version: Named<VersionSpec>,
        successor: Named<VersionSpec>,
        into diagnostics: inout [Diagnostic]
    ) {
        guard let sunset = version.value.sunset else {
            // What never ends cannot be succeeded by what does.
            if let end = successor.value.sunset, let name = version.value.successor {
                diagnostics.append(.successorEndsFirst(version, name: name, successor, end: end))
            }
            return
        }
        guard let name = version.value.successor else { return }
        if let end = successor.value.sunset, end.value < sunset.value {
            diagnostics.append(.successorEndsFirst(version, name: name, successor, end: end))
        }
        if let released = successor.value.released, released.value > sunset.value {
            diagnostics.append(.successorLate(version, sunset: sunset, successor, released: released))
        }
    }

    /// The index of the default version in `versions`, where the scheme has one.
    static func defaultVersion(
        of versions: [Named<VersionSpec>],
        versioning: VersioningSpec,
        into diagnostics: inout [Diagnostic]
    ) -> Int? {
        let marked = versions.indices.filter { versions[$0].value.isDefault?.value == true }
        switch versioning {
        case .path, .host:
            for index in marked {
                guard let mark = versions[index].value.isDefault else { continue }
                diagnostics.append(.meaninglessDefault(versions[index].name.value, mark, versioning))
            }
            return nil
        case .header, .query, .mediaType: break
        }
        guard let chosen = marked.first, let mark = versions[chosen].value.isDefault else { return nil }
        for index in marked.dropFirst() {
            guard let other = versions[index].value.isDefault else { continue }
            diagnostics.append(
                .severalDefaults(versions[index].name.value, other, first: versions[chosen].name.value, mark)
            )
        }
        if marked.count == 1, let sunset = versions[chosen].value.sunset {
            diagnostics.append(.defaultReachesSunset(versions[chosen].name.value, mark, sunset: sunset))
        }
        return chosen
    }
}

extension Diagnostic {
    static func unknownSuccessor(_ name: Spanned<String>, known: [String]) -> Diagnostic {
        Diagnostic(
            .unknownSuccessor,
            "this API has no version `\(name.value)`",
            at: name.span,
            help: suggestion(for: name.value, among: known) ?? "declare it under `versions`"
        )
    }

    static func ownSuccessor(_ name: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .ownSuccessor,
            "`\(name.value)` names itself as its successor",
            at: name.span,
            help: "name the version that consumers should move to, or delete the line"
        )
    }

    static func successorCircle(_ circle: [Named<VersionSpec>]) -> Diagnostic {
        let way = (circle + circle.prefix(1)).map { "`\($0.name.value)`" }.joined(separator: " to ")
        let spans = circle.compactMap(\.value.successor?.span)
        return Diagnostic(
            .successorCircle,
            "successors go round in a circle: \(way)",
            at: spans[0],
            related: spans.dropFirst().map { .init($0, "and on from here") },
            help: "delete the `successor` of the version that stays"
        )
    }

    static func successorEndsFirst(
        _ version: Named<VersionSpec>,
        name: Spanned<String>,
        _ successor: Named<VersionSpec>,
        end: Spanned<Instant>
    ) -> Diagnostic {
        var related: [Related] = [.init(end.span, "`\(successor.name.value)` is sunset here")]
        var help =
            "name a version that stays, or give `\(version.name.value)` a sunset before \(InstantText.text(end.value))"
        if let sunset = version.value.sunset {
            related.append(.init(sunset.span, "`\(version.name.value)` is sunset here"))
            help =
                "move the sunset of `\(successor.name.value)` to \(InstantText.text(sunset.value)) or later, "
                + "or name a version that lasts longer"
        }
        return Diagnostic(
            .successorEndsFirst,
            "`\(successor.name.value)` is sunset before `\(version.name.value)`, which it succeeds",
            at: name.span,
            related: related,
            help: help
        )
    }

    static func successorLate(
        _ version: Named<VersionSpec>,
        sunset: Spanned<Instant>,
        _ successor: Named<VersionSpec>,
        released: Spanned<Instant>
    ) -> Diagnostic {
        Diagnostic(
            .successorLate,
            "`\(version.name.value)` is sunset \(InstantText.span(released.value - sunset.value)) before its successor is released",
            at: sunset.span,
            related: [.init(released.span, "`\(successor.name.value)` is released here")],
            help: "move the sunset to a date after \(InstantText.text(released.value))"
        )
    }

    static func severalDefaults(
        _ version: String,
        _ mark: Spanned<Bool>,
        first: String,
        _ firstMark: Spanned<Bool>
    ) -> Diagnostic {
        Diagnostic(
            .severalDefaults,
            "`\(version)` and `\(first)` are both the default",
            at: mark.span,
            related: [.init(firstMark.span, "`\(first)` is the default here")],
            help: "delete one of the two"
        )
    }

    static func defaultReachesSunset(
        _ version: String,
        _ mark: Spanned<Bool>,
        sunset: Spanned<Instant>
    ) -> Diagnostic {
        Diagnostic(
            .defaultReachesSunset,
            "from \(InstantText.text(sunset.value)) on, requests that name no version get 410: `\(version)` is sunset then",
            at: mark.span,
            related: [.init(sunset.span, "sunset here")],
            help: "make a version that stays the default before that date"
        )
    }

    static func meaninglessDefault(_ version: String, _ mark: Spanned<Bool>, _ versioning: VersioningSpec) -> Diagnostic
    {
        let place = versioning == .path ? "path" : "host"
        return Diagnostic(
            .meaninglessDefault,
            "every request names its version in the \(place), so `\(version)` is nobody's default",
            at: mark.span,
            help: "delete the line"
        )
    }
}
