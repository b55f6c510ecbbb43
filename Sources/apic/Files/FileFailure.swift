internal import Glibc

/// Something that the file system refused, in words for people.
package struct FileFailure: Error, CustomStringConvertible {
    /// What was tried, on what, why it failed, and what to do where that is known.
    package let description: String

    init(_ description: String) { self.description = description }

    /// - Parameters:
    ///   - attempt: `write \`dist/gateway.apib\``.
    ///   - code: an `errno`.
    init(cannot attempt: String, code: Int32) {
        self.init("cannot \(attempt): \(Self.reason(code))")
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case EACCES, EPERM: "permission denied"
        case ENOENT: "no such file or folder"
        case ENOTDIR: "part of the path is a file, not a folder"
        case EISDIR: "it is a folder"
        case ENOSPC: "no space left on the disk"
        case EDQUOT: "the disk quota is used up"
        case EROFS: "the file system is read-only"
        case ENAMETOOLONG: "the path is too long"
        case ELOOP: "too many symbolic links"
        default: String(cString: strerror(code)).lowercased()
        }
    }
}
