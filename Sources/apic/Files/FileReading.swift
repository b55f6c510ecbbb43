internal import GatewayCompiler
internal import Glibc

/// Reads what users name on the command line.
enum FileReading {
    /// A spec larger than this is a mistake: ten times a hundred thousand routes.
    static let specByteCountMax = 128 << 20
    static let templateByteCountMax = 1 << 20

    /// The files of a spec, in order. A path of `-` is standard input.
    static func specs(_ paths: [String]) throws(FileFailure) -> [SourceFile] {
        var files: [SourceFile] = []
        for path in paths {
            let bytes = try Self.bytes(
                at: path,
                byteCountMax: specByteCountMax,
                missingHelp: "`apic init` writes a first one"
            )
            files.append(SourceFile(path: path == "-" ? "<stdin>" : path, bytes: bytes))
        }
        return files
    }

    /// What makes a file the same as another one, whatever paths lead to it.
    static func identity(of path: String) -> String {
        guard path != "-", let facts = FileFacts(path) else { return path }
        return "\(facts.device):\(facts.inode)"
    }

    /// - Parameter missingHelp: what to do if there is no such file.
    static func bytes(at path: String, byteCountMax: Int, missingHelp: String? = nil) throws(FileFailure) -> [UInt8] {
        if path == "-" { return try bytes(of: STDIN_FILENO, path: "standard input", byteCountMax: byteCountMax) }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            let code = errno
            if code == ENOENT, let missingHelp { throw FileFailure("there is no file `\(path)`; \(missingHelp)") }
            throw FileFailure(cannot: "read `\(path)`", code: code)
        }
        defer { close(file) }
        guard let facts = FileFacts(open: file), facts.kind != .folder else {
            throw FileFailure("`\(path)` is a folder; name a file in it")
        }
        let bytes = try bytes(of: file, path: path, byteCountMax: byteCountMax + 1)
        guard bytes.count <= byteCountMax else {
            throw FileFailure("`\(path)` has more than \(byteCountMax >> 20) MiB, which is all that is read")
        }
        return bytes
    }

    /// Everything from here on, up to a bound.
    static func bytes(of file: Int32, path: String, byteCountMax: Int) throws(FileFailure) -> [UInt8] {
        let expected = FileFacts(open: file)?.byteCount ?? 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(expected, byteCountMax))
        let chunkByteCount = min(max(expected + 1, 1 << 16), 1 << 20)
        while bytes.count < byteCountMax {
            let wanted = min(chunkByteCount, byteCountMax - bytes.count)
            var code: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                let got = read(file, buffer.baseAddress, wanted)
                code = got < 0 ? errno : 0
                count = max(got, 0)
            }
            if code == EINTR { continue }
            guard code == 0 else { throw FileFailure(cannot: "read `\(path)`", code: code) }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }
}
