internal import Foundation
internal import GatewayCompiler
internal import GatewayEmitters

/// The certificates and public keys that a bundle gets copies of. A spec's paths are relative to the file that names
/// them.
enum CertificateCopies {
    private static let byteCountMax = 1 << 20

    /// - Parameter folder: the bundle's. What is in its place there already is not copied onto itself, so that a bundle
    ///   may be built beside its spec.
    static func read(_ compilation: SpecCompilation, besides folder: String) throws(FileFailure) -> [Artifact] {
        var copies: [Artifact] = []
        for file in compilation.compilation.bundledFiles {
            let spec = compilation.files[Int(file.file)].path
            let path = folderPath(ofSpec: spec) + file.path
            let bytes: [UInt8]
            do throws(FileFailure) {
                bytes = try FileReading.bytes(at: path, byteCountMax: byteCountMax)
            } catch {
                throw FileFailure("\(error); `\(spec)` names it as `\(file.path)`")
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard !text.contains("PRIVATE KEY-----") else {
                throw FileFailure(
                    "`\(path)` holds a private key, and a bundle holds none; keep the certificate apart from it"
                )
            }
            let titles = file.isPublicKey ? ["PUBLIC KEY"] : ["CERTIFICATE", "TRUSTED CERTIFICATE"]
            guard titles.contains(where: { text.contains("-----BEGIN \($0)-----") }) else {
                let what = file.isPublicKey ? "public key" : "certificate"
                throw FileFailure("`\(path)` holds no \(what) as PEM; `\(spec)` names it as `\(file.path)`")
            }
            if let other = copies.first(where: { $0.path == file.path }) {
                guard other.bytes == bytes else {
                    throw FileFailure("two specs name different files as `\(file.path)`; give one another name")
                }
                continue
            }
            var copy = Artifact(path: file.path, bytes: bytes, isCopy: true)
            copy.isInPlace = isSameFile(path, "\(folder)/\(file.path)")
            copies.append(copy)
        }
        return copies
    }

    private static func folderPath(ofSpec path: String) -> String {
        guard path != "-", let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[...slash])
    }

    private static func isSameFile(_ left: String, _ right: String) -> Bool {
        guard let one = FileFacts(left), let other = FileFacts(right) else { return false }
        return one.device == other.device && one.inode == other.inode
    }
}
