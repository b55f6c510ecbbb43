package import GatewayIR

/// What came of a compilation. There is a gateway if and only if no diagnostic is an error.
package struct Compilation: Sendable {
    /// Sorted by position, one per mistake.
    package var diagnostics: [Diagnostic]
    package var gateway: Gateway?
    /// Files that belong into the bundle beside what is made of the gateway.
    package var bundledFiles: [BundledFile]

    package init(diagnostics: [Diagnostic], gateway: Gateway?, bundledFiles: [BundledFile] = []) {
        self.diagnostics = diagnostics
        self.gateway = gateway
        self.bundledFiles = bundledFiles
    }
}

/// A file that a spec names and that is copied into the bundle under the same path.
package struct BundledFile: Hashable, Sendable {
    /// Relative to the spec's file that names it.
    package var path: String
    /// Which that is, in the order in which the files were given.
    package var file: UInt32
}

/// The compiler: from the bytes of a spec's files to a gateway, or to what is wrong with them. It opens no file, knows
/// no clock and reads no environment; equal inputs give equal results.
///
///     files ─► YAML trees ─► one merged tree ─► SpecDocument ─► Gateway
///
/// Every stage adds what it finds to one list of diagnostics and goes on as far as it can.
package enum Compiler {
    /// - Parameters:
    ///   - files: merged left to right.
    ///   - buildEnvironment: what `${build:NAME}` stands for.
    package static func compile(_ files: [SourceFile], buildEnvironment: [String: String]) -> Compilation {
        var diagnostics: [Diagnostic] = []
        let document = document(files, buildEnvironment: buildEnvironment, into: &diagnostics)
        guard let document else { return Compilation(diagnostics: Diagnostic.sorted(diagnostics), gateway: nil) }
        // The analysis gives no gateway where there are errors, earlier ones included.
        let earlierCount = diagnostics.count
        let gateway = Analysis.lower(document, into: &diagnostics)
        let found = Cascade.removed(from: Array(diagnostics[earlierCount...]), after: document.incompleteKeys)
        return Compilation(
            diagnostics: Diagnostic.sorted(diagnostics[..<earlierCount] + found),
            gateway: gateway,
            bundledFiles: SecurityLowering.bundledFiles(document)
        )
    }

    /// The files of a build as one document: what `compile` hands to the analysis.
    ///
    /// - Parameter buildEnvironment: what `${build:NAME}` stands for.
    /// - Returns: `nil` if a file is not YAML; then nothing more can be said about the spec.
    package static func document(
        _ files: [SourceFile],
        buildEnvironment: [String: String],
        into diagnostics: inout [Diagnostic]
    ) -> SpecDocument? {
        var tree = SyntaxTree(files: files.map(\.bytes))
        guard let roots = parse(files, into: &tree, &diagnostics),
            let root = FileMerge.merge(roots, in: &tree)
        else { return nil }
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
            let outcome = YAMLReader.read(file: index, into: tree, expandedNodeCount: expandedNodeCount)
            tree = outcome.tree
            expandedNodeCount = outcome.expandedNodeCount
            diagnostics += outcome.diagnostics
            if let root = outcome.root { roots.append(tree.resolved(root)) }
        }
        return roots.count == files.count ? roots : nil
    }
}
