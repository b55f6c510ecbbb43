package import GatewayIR

/// What came of a compilation. There is a gateway if and only if no diagnostic is an error.
package struct Compilation: Sendable {
    /// Sorted by position, one per mistake.
    package var diagnostics: [Diagnostic]
    package var gateway: Gateway?
    /// Files that belong into the bundle beside what is made of the gateway.
    package var bundledFiles: [BundledFile]
    /// Those of nodes among them.
    package var nodeCertificates: [NodeCertificate]
    /// Which specs were linked.
    package var linkage: Linkage

    package init(
        diagnostics: [Diagnostic],
        gateway: Gateway?,
        bundledFiles: [BundledFile] = [],
        nodeCertificates: [NodeCertificate] = [],
        linkage: Linkage = .alone
    ) {
        self.diagnostics = diagnostics
        self.gateway = gateway
        self.bundledFiles = bundledFiles
        self.nodeCertificates = nodeCertificates
        self.linkage = linkage
    }
}

/// A file that a spec names and that is copied into the bundle under the same path.
package struct BundledFile: Hashable, Sendable {
    /// Relative to the spec's file that names it.
    package var path: String
    /// Which that is, in the order in which the files were given.
    package var file: UInt32
    /// Else it holds certificates.
    package var isPublicKey = false
}

/// The compiler: from the bytes of a spec's files to a gateway, or to what is wrong with them. It opens no file, knows
/// no clock and reads no environment; equal inputs give equal results.
///
///     files ─► YAML trees ─► one merged tree ─► SpecDocument ─┐
///     members, each ─► YAML tree ─► SpecDocument ─────────────┴─► linked SpecDocument ─► Gateway
///
/// Every stage adds what it finds to one list of diagnostics and goes on as far as it can.
package enum Compiler {
    /// - Parameters:
    ///   - files: merged left to right.
    ///   - buildEnvironment: what `${build:NAME}` stands for.
    ///   - members: the content of a member's file by its path; `nil` if there is none. Programs that read files use
    ///     `Link` instead, which lets many be decoded at the same time.
    ///   - crew: as for `Link`, and `early`, too.
    package static func compile(
        _ files: [SourceFile],
        buildEnvironment: [String: String],
        members: (String) -> [UInt8]? = { _ in nil },
        by crew: WorkCrew = .alone,
        early: [@Sendable (Gateway) -> Void] = []
    ) -> Compilation {
        var link = Link(files, buildEnvironment: buildEnvironment)
        while !link.wanted.isEmpty {
            link.supply(
                link.wanted.map { request in
                    members(request.path).map { request.decode($0) } ?? .unreadable("there is no such file")
                }
            )
        }
        return link.compile(by: crew, early: early)
    }

    /// - Parameter earlier: what was found on the way to the document.
    static func compile(
        _ linked: LinkedSpec,
        earlier: [Diagnostic],
        by crew: WorkCrew,
        early: [@Sendable (Gateway) -> Void]
    ) -> Compilation {
        let document = linked.document
        var diagnostics = earlier
        // The analysis gives no gateway where there are errors, earlier ones included.
        let gateway = Analysis.lower(
            document,
            linkage: linked.linkage,
            by: crew,
            early: early,
            into: &diagnostics
        )
        let found = Cascade.removed(from: Array(diagnostics[earlier.count...]), after: document.incompleteKeys)
        return Compilation(
            diagnostics: Diagnostic.sorted(earlier + found),
            gateway: gateway,
            bundledFiles: SecurityLowering.bundledFiles(document),
            nodeCertificates: SecurityLowering.nodeCertificates(document),
            linkage: linked.linkage
        )
    }

    /// The files of a spec as one document.
    ///
    /// - Parameters:
    ///   - firstFile: the first one's index in positions.
    ///   - buildEnvironment: what `${build:NAME}` stands for.
    /// - Returns: `nil` if a file is not YAML; then nothing more can be said about the spec.
    package static func document(
        _ files: [SourceFile],
        firstFile: Int = 0,
        buildEnvironment: [String: String],
        into diagnostics: inout [Diagnostic]
    ) -> SpecDocument? {
        var tree = SyntaxTree(files: files.map(\.bytes), firstFile: firstFile)
        guard let roots = parse(files, into: &tree, &diagnostics),
            let root = FileMerge.merge(roots, in: &tree)
        else { return nil }
        return SpecDecoder.decode(root, in: tree, environment: buildEnvironment, into: &diagnostics)
    }

    /// The same of one file whose YAML may have been read before.
    ///
    /// - Parameters:
    ///   - kept: what came of reading a file with the same bytes.
    ///   - syntax: gets what came of reading it now, if nothing was wrong.
    static func document(
        _ file: SourceFile,
        index: Int,
        buildEnvironment: [String: String],
        kept: KeptSyntax?,
        syntax: inout KeptSyntax?,
        into diagnostics: inout [Diagnostic]
    ) -> SpecDocument? {
        if let (tree, root) = kept?.tree(of: file.bytes, firstFile: index) {
            return SpecDecoder.decode(root, in: tree, environment: buildEnvironment, into: &diagnostics)
        }
        var tree = SyntaxTree(files: [file.bytes], firstFile: index)
        guard let root = parse([file], into: &tree, &diagnostics)?.first else { return nil }
        if diagnostics.isEmpty { syntax = KeptSyntax(tree, root: root) }
        return SpecDecoder.decode(root, in: tree, environment: buildEnvironment, into: &diagnostics)
    }

    /// The root of every file, if all of them can be read.
    private static func parse(
        _ files: [SourceFile],
        into tree: inout SyntaxTree,
        _ diagnostics: inout [Diagnostic]
    ) -> [NodeIndex]? {
        guard files.count <= SyntaxLimits.fileCountMax else {
            let span = SourceSpan(file: UInt32(SyntaxLimits.fileCountMax), start: 0, end: 0)
            diagnostics.append(
                Diagnostic(
                    .tooManyNodes,
                    "a build takes at most \(SyntaxLimits.fileCountMax) files",
                    at: span,
                    help: "put several into one"
                )
            )
            return nil
        }
        var roots: [NodeIndex] = []
        var expandedNodeCount = 0
        for index in files.indices {
            let outcome = YAMLReader.read(
                file: tree.firstFile + index,
                into: tree,
                expandedNodeCount: expandedNodeCount
            )
            tree = outcome.tree
            expandedNodeCount = outcome.expandedNodeCount
            diagnostics += outcome.diagnostics
            if let root = outcome.root { roots.append(tree.resolved(root)) }
        }
        return roots.count == files.count ? roots : nil
    }
}
