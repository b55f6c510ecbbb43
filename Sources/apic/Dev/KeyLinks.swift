internal import GatewayIR
internal import Glibc

/// Private keys for `apic dev`. A bundle never holds keys: whoever deploys one brings them. The one of `apic dev` is
/// for this machine and this user only, and has links to the keys beside the spec.
enum KeyLinks {
    /// Links every key with a relative path that is beside one of the specs, and not in the bundle already.
    static func make(for gateway: Gateway, specs: [String], in folder: String) throws(FileFailure) {
        for pair in gateway.certificatePairs {
            guard case .file(let path) = pair.key, !path.hasPrefix("/"), let source = find(path, beside: specs) else {
                continue
            }
            try link("\(folder)/\(path)", to: source)
        }
    }

    /// The absolute path of a key; later specs override earlier ones.
    private static func find(_ path: String, beside specs: [String]) -> String? {
        for spec in specs.reversed() {
            let folder = spec.lastIndex(of: "/").map { String(spec[...$0]) } ?? ""
            guard let absolute = realpath(folder + path, nil) else { continue }
            defer { free(absolute) }
            return String(cString: absolute)
        }
        return nil
    }

    private static func link(_ place: String, to source: String) throws(FileFailure) {
        // A file of the user's own is left alone.
        if let facts = FileFacts(place, followingLinks: false) {
            guard facts.kind == .link else { return }
            unlink(place)
        }
        var parent = ""
        for part in place.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            parent += part + "/"
            mkdir(parent, 0o755)
        }
        guard symlink(source, place) == 0 else { throw FileFailure(cannot: "link `\(place)`", code: errno) }
    }
}
