package import GatewayIR

/// A spec on its way to a gateway together with its members, and theirs.
///
/// The compiler opens no file. Whoever does asks which members are `wanted`, reads them, lets each be decoded (a pure
/// function: many at the same time), and supplies the results, until nothing is wanted any more:
///
///     var link = Link(files, buildEnvironment: environment)
///     while !link.wanted.isEmpty { link.supply(link.wanted.map { $0.decode(read($0.path)) }) }
///     let compilation = link.compile()
package struct Link: Sendable {
    /// All specs of a link together; every position names its file by such an index.
    private static let fileCountMax = SyntaxLimits.fileCountMax

    private let environment: [String: String]
    private var units: [LinkUnit] = []
    /// By identity of their files: the unit, for finding what is linked twice.
    private var unitsByIdentity: [String: Int] = [:]
    private var diagnostics: [Diagnostic] = []
    private var isWhole: Bool
    /// In the order of their indices in positions; a file that could not be read is empty.
    package private(set) var files: [SourceFile]
    /// Members whose files are needed next, in the order of the specs that name them.
    package private(set) var wanted: [MemberRequest] = []

    /// - Parameters:
    ///   - files: of the spec that has members, merged left to right.
    ///   - identities: what makes each of these files the same as another one, whatever paths lead to it.
    ///   - buildEnvironment: what `${build:NAME}` stands for.
    package init(_ files: [SourceFile], identities: [String]? = nil, buildEnvironment: [String: String]) {
        self.files = files
        environment = buildEnvironment
        let decoded = DecodedSpec(files, firstFile: 0, environment: buildEnvironment)
        isWhole = decoded.document != nil
        diagnostics = decoded.diagnostics
        guard let document = decoded.document else { return }
        units = [LinkUnit(name: "", label: document.gateway?.value ?? "", document: document)]
        for identity in identities ?? files.map({ MemberPath.normalised($0.path) }) { unitsByIdentity[identity] = 0 }
        want(document.members, of: 0)
    }

    /// Takes what came of `wanted`, in its order.
    package mutating func supply(_ answers: [MemberAnswer]) {
        let requests = wanted
        wanted = []
        for (request, answer) in zip(requests, answers) { take(answer, for: request) }
    }

    private mutating func take(_ answer: MemberAnswer, for request: MemberRequest) {
        let spec = request.member.spec
        switch answer {
        case .unreadable(let reason):
            diagnostics.append(.memberUnreadable(spec, path: request.path, reason: reason))
            isWhole = false
        case .decoded(let file, let identity, let decoded):
            files[request.file] = file
            if let known = unitsByIdentity[identity] {
                diagnostics.append(repetition(spec, of: known, within: request.parent))
                isWhole = false
                return
            }
            diagnostics += decoded.diagnostics
            guard let document = decoded.document else {
                isWhole = false
                return
            }
            let name = request.member.name ?? document.gateway
            let unit = LinkUnit(
                name: name?.value ?? "",
                label: name?.value ?? request.path,
                document: document,
                parent: request.parent,
                file: request.file,
                declaration: request.member
            )
            unitsByIdentity[identity] = units.count
            units.append(unit)
            want(document.members, of: units.count - 1)
        }
    }

    private mutating func want(_ members: [MemberSpec], of parent: Int) {
        for member in members {
            guard files.count < Self.fileCountMax else {
                diagnostics.append(.tooManyMembers(member.spec, countMax: Self.fileCountMax))
                isWhole = false
                return
            }
            let from = files[Int(member.spec.span.file)].path
            let path = MemberPath.path(member.spec.value, from: from)
            wanted.append(
                MemberRequest(path: path, member: member, parent: parent, file: files.count, environment: environment)
            )
            files.append(SourceFile(path: path, bytes: []))
        }
    }

    /// A file that is linked already: by one of those through which it was reached, or elsewhere.
    private func repetition(_ spec: Spanned<String>, of known: Int, within parent: Int) -> Diagnostic {
        var unit: Int? = parent
        while let current = unit {
            if current == known { return .memberLoop(spec, first: units[known].declaration?.spec.span) }
            unit = units[current].parent
        }
        return .memberTwice(spec, first: units[known].declaration?.spec.span)
    }

    /// The whole of it: linked, analysed, lowered.
    ///
    /// - Parameters:
    ///   - crew: does what can be done at the same time.
    ///   - early: pieces of work that are handed the gateway as soon as it is whole, while the checks that change
    ///     nothing in it still run. What they make of it is of no use unless the compilation has a gateway, too.
    package consuming func compile(
        by crew: WorkCrew = .alone,
        early: [@Sendable (Gateway) -> Void] = []
    ) -> Compilation {
        // What a member that cannot be read would have declared is not missed.
        guard isWhole else { return Compilation(diagnostics: Diagnostic.sorted(diagnostics), gateway: nil) }
        var diagnostics = diagnostics
        // The linker changes documents where they are: nobody else may hold them.
        var units: [LinkUnit] = []
        swap(&units, &self.units)
        let linked = Linker.link(units, into: &diagnostics)
        return Compiler.compile(linked, earlier: diagnostics, by: crew, early: early)
    }
}

/// One spec of a link.
struct LinkUnit: Sendable {
    /// What its private names begin with; empty for the spec that is built.
    var name: String
    /// What messages call it.
    var label: String
    var document: SpecDocument
    /// Index of the unit that names it as a member.
    var parent: Int?
    /// Index of its first file in positions.
    var file = 0
    var declaration: MemberSpec?
}

/// A spec's files as a document, with what was found on the way there.
package struct DecodedSpec: Sendable {
    var document: SpecDocument?
    var diagnostics: [Diagnostic] = []

    /// Of a member: what reading its YAML gave, if that was not known before.
    fileprivate var syntax: KeptSyntax?

    /// A member whose YAML may have been read before.
    fileprivate init(_ file: SourceFile, index: Int, environment: [String: String], kept: KeptSyntax?) {
        document = Compiler.document(
            file,
            index: index,
            buildEnvironment: environment,
            kept: kept,
            syntax: &syntax,
            into: &diagnostics
        )
    }

    init(_ files: [SourceFile], firstFile: Int, environment: [String: String]) {
        document = Compiler.document(
            files,
            firstFile: firstFile,
            buildEnvironment: environment,
            into: &diagnostics
        )
    }
}

/// A member whose file is needed.
package struct MemberRequest: Sendable {
    /// Where it is, from where the build was started.
    package let path: String
    let member: MemberSpec
    let parent: Int
    /// Its index in positions.
    let file: Int
    let environment: [String: String]

    /// - Parameters:
    ///   - bytes: the file's content.
    ///   - identity: what makes it the same file as another one; default: its path.
    package func decode(_ bytes: [UInt8], identity: String? = nil) -> MemberAnswer {
        let file = SourceFile(path: path, bytes: bytes)
        let decoded = DecodedSpec([file], firstFile: self.file, environment: environment)
        return .decoded(file, identity: identity ?? MemberPath.normalised(path), decoded)
    }
}

extension MemberRequest {
    /// The same by way of what reading the YAML gave before.
    ///
    /// - Parameters:
    ///   - kept: of a file with the same bytes.
    ///   - syntax: gets what reading it gave now, where nothing was kept.
    package func decode(
        _ bytes: [UInt8],
        identity: String,
        kept: KeptSyntax?,
        syntax: inout KeptSyntax?
    ) -> MemberAnswer {
        let file = SourceFile(path: path, bytes: bytes)
        let decoded = DecodedSpec(file, index: self.file, environment: environment, kept: kept)
        syntax = decoded.syntax
        return .decoded(file, identity: identity, decoded)
    }
}

/// What came of a request.
package enum MemberAnswer: Sendable {
    case decoded(SourceFile, identity: String, DecodedSpec)
    /// With the reason as a clause: `permission denied`.
    case unreadable(String)
}

/// Paths of members, as far as text goes.
enum MemberPath {
    /// A path that a file names.
    static func path(_ path: String, from file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// Without `.`, and without `..` where a folder stands before it.
    static func normalised(_ path: String) -> String {
        var names: [Substring] = []
        for name in path.split(separator: "/") where name != "." {
            if name == "..", let last = names.last, last != ".." { names.removeLast() } else { names.append(name) }
        }
        return (path.hasPrefix("/") ? "/" : "") + names.joined(separator: "/")
    }
}
