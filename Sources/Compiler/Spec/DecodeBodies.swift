internal import GatewayIR

extension SpecDecoder {
    /// `request-body`.
    mutating func bodyEdits(_ fields: Fields) -> BodyEdits? {
        let size = scalar(fields["max-size"], .bodySize)
        var edits = list(fields["remove"], of: "members", .memberPath).map {
            (span: $0.span, edit: BodyEdits.Edit(path: $0.value, action: .remove))
        }
        edits += values(fields["set"]).map { ($0.span, BodyEdits.Edit(path: $0.path, action: .set($0.json))) }
        edits += values(fields["add"]).map { ($0.span, BodyEdits.Edit(path: $0.path, action: .add($0.json))) }
        guard hasEdits(fields) else { return nil }
        guard edits.count <= BodyEdits.editCountMax else {
            report(
                Diagnostic(
                    .outOfRange,
                    "these are \(edits.count) edits, and \(BodyEdits.editCountMax) are the most",
                    at: span(fields.node),
                    help: "leave some out, or let the upstream do it"
                )
            )
            return nil
        }
        edits.sort { $0.edit.path.lexicographicallyPrecedes($1.edit.path) }
        // Sorted, a path stands right before those that lead through its member.
        for (first, second) in zip(edits, edits.dropFirst()) where second.edit.path.starts(with: first.edit.path) {
            report(
                Diagnostic(
                    .listedTwice,
                    "`\(first.edit.path.joined(separator: "."))` is edited twice, as a whole or in part",
                    at: second.span,
                    related: [.init(first.span, "the first edit")],
                    help: "keep one of them"
                )
            )
        }
        guard !edits.isEmpty else { return nil }
        let byteCountMax = size.map { UInt32($0.value) } ?? BodyEdits.byteCountMax
        return BodyEdits(edits: edits.map(\.edit), byteCountMax: byteCountMax)
    }

    /// Members with their values as JSON.
    private mutating func values(_ field: Field?) -> [(span: SourceSpan, path: [String], json: String)] {
        var byteCount = 0
        let values: [Named<String>] = entries(field, of: "members", name: .memberName) { decoder, _, node in
            decoder.json(node).map { bytes in
                byteCount += bytes.count
                return String(decoding: bytes, as: UTF8.self)
            }
        }
        if byteCount > BodyEdits.valueByteCountMax, let field {
            report(
                Diagnostic(
                    .outOfRange,
                    "these values have \(byteCount) bytes of JSON, and 16 KiB is the most",
                    at: field.keySpan,
                    help: "let the upstream do it"
                )
            )
            return []
        }
        return values.map { (span: $0.name.span, path: $0.name.value.memberPath, json: $0.value) }
    }
}

extension String {
    /// The names of a path with dots.
    fileprivate var memberPath: [String] { split(separator: ".", omittingEmptySubsequences: false).map(String.init) }

    /// What is wrong with it as a path of members.
    fileprivate func checkMemberPath() throws(ScalarProblem) {
        let names = memberPath
        guard names.count <= BodyEdits.depthMax, names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 128 }) else {
            throw ScalarProblem(
                .badText,
                "`\(excerpt)` is no path to a member",
                help: "write up to \(BodyEdits.depthMax) names with dots between them: `user.role`"
            )
        }
        guard !utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw ScalarProblem(.badText, "a name of a member holds a control character", help: "leave it out")
        }
    }
}

extension ScalarType where Value == String {
    fileprivate static let memberName = ScalarType("a path such as `user.role`") { text throws(ScalarProblem) in
        try text.checkMemberPath()
        return text
    }
}

extension ScalarType where Value == [String] {
    fileprivate static let memberPath = ScalarType("a path such as `user.role`") { text throws(ScalarProblem) in
        try text.checkMemberPath()
        return text.memberPath
    }
}

extension ScalarType where Value == UInt64 {
    /// What the gateway can keep of a request.
    fileprivate static let bodySize = size(1...UInt64(BodyEdits.byteCountMax), shown: "from `1B` to `64KiB`")
}
