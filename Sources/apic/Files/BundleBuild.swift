internal import GatewayCompiler
internal import GatewayEmitters
internal import GatewayIR

/// From a compiled gateway to a bundle in a folder.
struct BundleBuild {
    private let templates: DeployTemplates

    /// - Parameter templateFolder: holds templates that replace the compiled-in ones of the same name.
    init(templateFolder: String?) throws(FileFailure) {
        let overrides = try templateFolder.map(Self.overrides) ?? [:]
        do {
            templates = try DeployTemplates(overrides: overrides)
        } catch {
            throw FileFailure(
                "the template `\(templateFolder ?? "")/\(error.fileName)` cannot be used: \(error.reason)"
            )
        }
    }

    /// - Returns: size of the table in bytes.
    func write(_ gateway: Gateway, of compilation: SpecCompilation, to path: String) throws(FileFailure) -> Int {
        let table = compilation.table ?? TableEmitter.emit(gateway)
        let sources = compilation.files.map(\.bytes)
        let artifacts = Bundle.emit(
            gateway,
            table: table,
            sources: sources,
            copies: try CertificateCopies.read(compilation, besides: path),
            templates: templates
        )
        try BundleWriter(path: path).write(artifacts)
        return table.count
    }

    private static func overrides(in path: String) throws(FileFailure) -> [String: [UInt8]] {
        let folder = try Folder(path)
        var overrides: [String: [UInt8]] = [:]
        for name in folder.names(in: ".") where name.hasSuffix(".mustache") {
            guard DeployTemplates.fileNames.contains(name) else {
                let known = DeployTemplates.fileNames.map { "`\($0)`" }.joined(separator: ", ")
                throw FileFailure("`\(path)/\(name)` takes the place of no template; there are \(known)")
            }
            overrides[name] = try FileReading.bytes(
                at: "\(path)/\(name)",
                byteCountMax: FileReading.templateByteCountMax
            )
        }
        return overrides
    }
}
