internal import CYaml

/// Reads one file into a tree. The only file that knows libyaml: its events carry positions, it allocates little, and
/// it is the YAML parser that most tools agree with.
struct YAMLReader {
    private let file: Int
    private let bytes: [UInt8]
    private let text: SourceText
    private var builder: TreeBuilder
    private var documentCount = 0

    /// What was read: the tree with the file's nodes added, and its root if the file could be read to its end.
    struct Outcome {
        var tree: SyntaxTree
        var root: NodeIndex?
        var expandedNodeCount: Int
        var diagnostics: [Diagnostic]
    }

    static func read(file: Int, into tree: consuming SyntaxTree, expandedNodeCount: Int) -> Outcome {
        let bytes = tree.bytes(ofFile: file)
        let refuse = { (tree: SyntaxTree, diagnostic: Diagnostic) in
            Outcome(tree: tree, root: nil, expandedNodeCount: expandedNodeCount, diagnostics: [diagnostic])
        }
        guard bytes.count <= SyntaxLimits.fileBytesMax else {
            let size = "\(bytes.count >> 20) MiB, and a file of a spec may have \(SyntaxLimits.fileBytesMax >> 20) MiB"
            return refuse(
                tree,
                Diagnostic(
                    .fileTooLarge,
                    "the file has \(size)",
                    at: SourceSpan(file: UInt32(file), start: 0, end: 0),
                    help: "split it and give the parts to the same build: `apic build api.yaml routes.yaml`"
                )
            )
        }
        let (text, problem) = SourceText.check(bytes)
        guard let text else {
            return refuse(tree, YAMLProblem.diagnostic(for: problem, in: bytes, file: UInt32(file)))
        }
        var reader = YAMLReader(
            file: file,
            bytes: bytes,
            text: text,
            builder: TreeBuilder(tree: tree, file: file, expandedNodeCount: expandedNodeCount)
        )
        return reader.run()
    }

    private init(file: Int, bytes: [UInt8], text: SourceText, builder: consuming TreeBuilder) {
        self.file = file
        self.bytes = bytes
        self.text = text
        self.builder = builder
        // A node takes eight bytes of text and more.
        self.builder.tree.reserve(nodeCount: bytes.count / 8)
    }

    private mutating func run() -> Outcome {
        let isWhole = unsafe bytes.withUnsafeBufferPointer { input in unsafe parse(input) }
        if isWhole, builder.root == nil, builder.diagnostics.isEmpty {
            builder.diagnostics.append(
                Diagnostic(
                    .emptyFile,
                    "the file holds no spec",
                    at: SourceSpan(file: UInt32(file), start: 0, end: 0),
                    help: "begin with `apic: 1`, or write a first spec with `apic init`"
                )
            )
        }
        return Outcome(
            tree: builder.tree,
            root: isWhole ? builder.root : nil,
            expandedNodeCount: builder.expansion,
            diagnostics: builder.diagnostics
        )
    }

    // MARK: Events

    /// Feeds all events to the builder; `false` if the file could not be read to its end.
    private mutating func parse(_ input: UnsafeBufferPointer<UInt8>) -> Bool {
        // On the heap, because libyaml keeps a pointer to the parser in itself.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { unsafe parser.deallocate() }
        guard unsafe yaml_parser_initialize(parser) == 1 else { return false }
        defer { unsafe yaml_parser_delete(parser) }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        // The input outlives the parser; an empty file may have no address.
        var nothing: UInt8 = 0
        return unsafe withUnsafePointer(to: &nothing) { placeholder in
            let start = unsafe input.baseAddress.map { unsafe $0 + text.textStart } ?? placeholder
            unsafe yaml_parser_set_input_string(parser, start, input.count - min(text.textStart, input.count))
            while true {
                var event = unsafe yaml_event_t()
                guard unsafe yaml_parser_parse(parser, &event) == 1 else {
                    unsafe builder.diagnostics.append(problem(of: parser.pointee).diagnostic)
                    return false
                }
                defer { unsafe yaml_event_delete(&event) }
                if unsafe event.type == YAML_STREAM_END_EVENT { return true }
                guard unsafe handle(event) else { return false }
            }
        }
    }

    /// `false` stops: what is wrong is reported.
    private mutating func handle(_ event: yaml_event_t) -> Bool {
        do throws(TreeBuilder.Stop) {
            let span = unsafe offset(event.start_mark)..<offset(event.end_mark)
            switch unsafe event.type {
            case YAML_DOCUMENT_START_EVENT: return beginDocument(span)
            case YAML_SCALAR_EVENT: try unsafe scalar(event, span)
            case YAML_ALIAS_EVENT: try unsafe builder.alias(string(event.data.alias.anchor) ?? "", span)
            case YAML_SEQUENCE_START_EVENT:
                let start = unsafe event.data.sequence_start
                unsafe checkTag(start.tag, "seq", span)
                try unsafe builder.begin(.list, span, anchor: string(start.anchor))
            case YAML_MAPPING_START_EVENT:
                let start = unsafe event.data.mapping_start
                unsafe checkTag(start.tag, "map", span)
                try unsafe builder.begin(.map, span, anchor: string(start.anchor))
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
                // A block ends with a token of no length.
                try builder.end(at: span.isEmpty ? nil : span.upperBound)
            default: break
            }
            return true
        } catch {
            return false
        }
    }

    private mutating func beginDocument(_ span: Range<UInt32>) -> Bool {
        documentCount += 1
        guard documentCount > 1 else { return true }
        builder.diagnostics.append(
            Diagnostic(
                .severalDocuments,
                "a second document begins here",
                at: position(span),
                help: "put it into a file of its own and build both: `apic build api.yaml prod.yaml`"
            )
        )
        return false
    }

    private mutating func scalar(_ event: yaml_event_t, _ span: Range<UInt32>) throws(TreeBuilder.Stop) {
        let data = unsafe event.data.scalar
        // libyaml gives `length` bytes at `value`, valid until the event is deleted.
        let value = unsafe UnsafeBufferPointer(start: data.value, count: Int(data.length))
        let isPlain = unsafe data.style == YAML_PLAIN_SCALAR_STYLE
        let isQuoted =
            unsafe data.style == YAML_SINGLE_QUOTED_SCALAR_STYLE || data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE
        var flags: SyntaxNode.Flags = isPlain ? .plain : []
        if unsafe !checkTag(data.tag, nil, span) { flags.insert(.refused) }
        if unsafe containsReference(value) { flags.insert(.reference) }

        var span = span
        let text: Range<UInt32>
        if let verbatim = unsafe verbatimRange(of: value, endingAt: Int(span.upperBound) - (isQuoted ? 1 : 0)) {
            text = verbatim
            // Anchor and tag are no part of the value.
            span = (verbatim.lowerBound - (isQuoted ? 1 : 0))..<span.upperBound
        } else {
            flags.insert(.loose)
            text = unsafe builder.tree.appendLooseText(value)
        }
        try unsafe builder.scalar(span, text: text, flags: flags, anchor: string(data.anchor))
    }

    /// Where a scalar's text stands in the file byte for byte, without escapes or folding.
    private func verbatimRange(of value: UnsafeBufferPointer<UInt8>, endingAt end: Int) -> Range<UInt32>? {
        let start = end - value.count
        guard start >= 0, end <= bytes.count else { return nil }
        guard unsafe bytes[start..<end].elementsEqual(value) else { return nil }
        return UInt32(truncatingIfNeeded: start)..<UInt32(truncatingIfNeeded: end)
    }

    private func containsReference(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let dollar = unsafe value.firstIndex(of: UInt8(ascii: "$")) else { return false }
        let rest = unsafe value[dollar...]
        return unsafe zip(rest, rest.dropFirst()).contains { $0 == UInt8(ascii: "$") && $1 == UInt8(ascii: "{") }
    }

    /// `false` for a tag that is refused and reported.
    @discardableResult
    private mutating func checkTag(
        _ tag: UnsafeMutablePointer<UInt8>?,
        _ kind: String?,
        _ span: Range<UInt32>
    ) -> Bool {
        guard let tag = unsafe string(tag), tag != "!" else { return true }
        let prefix = "tag:yaml.org,2002:"
        let scalarKinds: Set = ["str", "int", "float", "bool", "null"]
        if tag.hasPrefix(prefix) {
            let name = String(tag.dropFirst(prefix.count))
            if kind.map({ $0 == name }) ?? scalarKinds.contains(name) { return true }
        }
        let shown = tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
        let written = tagRange(from: Int(span.lowerBound))
        builder.diagnostics.append(
            Diagnostic(
                .unsupportedTag,
                "the tag `\(shown.excerpt)` is not supported here",
                at: position(written),
                help: "delete the tag: a value is read as the type that its key calls for"
            )
        )
        return false
    }

    /// The tag as written: the word with `!` that begins a node, perhaps behind its anchor.
    private func tagRange(from start: Int) -> Range<UInt32> {
        let isBlank = { (byte: UInt8) in byte <= 0x20 || byte == UInt8(ascii: ",") }
        var start = start
        if start < bytes.count, bytes[start] == UInt8(ascii: "&") {
            start = bytes[start...].firstIndex(where: isBlank) ?? start
            start = bytes[start...].firstIndex { !isBlank($0) } ?? start
        }
        let end = bytes[start...].firstIndex(where: isBlank) ?? bytes.count
        return UInt32(truncatingIfNeeded: start)..<UInt32(truncatingIfNeeded: max(end, start))
    }

    // MARK: Positions

    private func offset(_ mark: yaml_mark_t) -> UInt32 { text.offset(ofCharacter: Int(mark.index), in: bytes) }

    private func position(_ span: Range<UInt32>) -> SourceSpan {
        SourceSpan(file: UInt32(file), start: span.lowerBound, end: span.upperBound)
    }

    private func string(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
        // Anchors and tags are NUL-terminated.
        unsafe pointer.map { unsafe String(cString: $0) }
    }

    private func problem(of parser: yaml_parser_t) -> YAMLProblem {
        YAMLProblem(
            problem: unsafe parser.problem.map { unsafe String(cString: $0) } ?? "",
            context: unsafe parser.context.map { unsafe String(cString: $0) } ?? "",
            position: Int(unsafe offset(parser.problem_mark)),
            contextPosition: Int(unsafe offset(parser.context_mark)),
            bytes: bytes,
            file: UInt32(file)
        )
    }
}
