internal import ArgumentParser
internal import CPlatform
internal import Credentials
internal import Foundation
internal import GatewayCompiler
internal import GatewayEmitters
internal import GatewayIR
internal import Synchronization

/// What the commands that read a spec have in common.
struct SpecArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The spec's files; later ones override earlier ones. `-` is standard input.",
            valueName: "file"
        ),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var files: [String]

    @Option(
        help: """
            How diagnostics are written: text to standard error; json (one object per line), sarif and github to \
            standard output.
            """
    )
    var format = DiagnosticFormat.text
}

/// A spec, read and compiled.
struct SpecCompilation {
    /// Those of the spec, then those of its members.
    let files: [SourceFile]
    private(set) var compilation: Compilation
    /// The table of the gateway, if it was asked for; of no use if there is no gateway.
    let table: [UInt8]?

    /// - Parameter emitsTable: makes the table, too, beside the last checks. Who makes one makes the next one, so that
    ///   what members were read to is kept for it.
    init(_ paths: [String], emitsTable: Bool = false) throws(FileFailure) {
        let (beginning, kept) = Self.beginning(try FileReading.specs(paths), paths, isCached: emitsTable)
        var link = beginning
        let cache = link.wanted.count < SyntaxCache.memberCountMin ? nil : kept
        while !link.wanted.isEmpty { link.supply(MemberReading.answers(to: link.wanted, by: .cores, cache)) }
        files = link.files
        let assembly = TableAssembly()
        compilation = link.compile(by: .cores, early: emitsTable ? assembly.pieces + [{ _ in cache?.save() }] : [])
        table = assembly.table
        noteCertificates(now: try Self.now())
    }

    /// The spec itself, and at the same time what earlier builds kept of its members.
    private static func beginning(
        _ specs: [SourceFile],
        _ paths: [String],
        isCached: Bool
    ) -> (Link, SyntaxCache?) {
        let kept = Mutex<SyntaxCache?>(nil)
        let links = WorkCrew.cores.results(isCached ? 2 : 1) { piece -> Link? in
            guard piece == 0 else {
                let cache = paths.first.flatMap { SyntaxCache(of: $0) }
                kept.withLock { $0 = cache }
                return nil
            }
            return Link(
                specs,
                identities: paths.map(FileReading.identity),
                buildEnvironment: ProcessInfo.processInfo.environment
            )
        }
        guard let link = links[0] else { preconditionFailure("the first piece makes the link") }
        return (link, kept.withLock { $0 })
    }

    /// Looks at the certificates of nodes, as far as they are there: a build says what is missing.
    private mutating func noteCertificates(now: Int64) {
        for certificate in compilation.nodeCertificates {
            let spec = files[Int(certificate.span.file)].path
            let folder = spec.lastIndex(of: "/").map { String(spec[...$0]) } ?? ""
            guard let facts = try? NodeAuthority.facts(at: folder + certificate.path) else { continue }
            compilation.note(certificate, fingerprint: facts.fingerprint, expiry: facts.expiry, now: now)
        }
    }

    private static func now() throws(FileFailure) -> Int64 {
        do throws(Misuse) { return try Instants.parse(nil) } catch { throw FileFailure(error.message) }
    }

    /// Tells what is wrong, if anything, and gives the gateway if there is one.
    ///
    /// - Throws: exit status 1 if the spec has errors.
    func gateway(reporting format: DiagnosticFormat) throws(ExitCode) -> Gateway {
        report(format)
        guard let gateway = compilation.gateway else { throw ExitCode(1) }
        return gateway
    }

    func report(_ format: DiagnosticFormat) {
        let diagnostics = compilation.diagnostics
        switch format {
        case .text:
            guard !diagnostics.isEmpty else { return }
            Terminal.error.write(
                DiagnosticRenderer.text(diagnostics, files: files, isColoured: Terminal.error.isColoured)
            )
        case .json: Terminal.output.write(DiagnosticRenderer.json(diagnostics, files: files))
        case .sarif:
            Terminal.output.write(DiagnosticRenderer.sarif(diagnostics, files: files, version: CompilerVersion.text))
        case .github: Terminal.output.write(DiagnosticRenderer.github(diagnostics, files: files))
        }
    }
}

extension WorkCrew {
    /// As many threads as there are cores.
    fileprivate static let cores = WorkCrew { count, piece in
        DispatchQueue.concurrentPerform(iterations: count) { index in
            apic_prefer_large_pages_here()
            piece(index)
        }
    }
}
