import Foundation
import TestSupport

/// A gateway that listens for TLS with certificates of an authority of the test's own.
enum SecureSpec {
    /// Serves a spec; certificates named in it are copied beside it.
    ///
    /// - Parameters:
    ///   - https: settings of `listen.https`, as YAML in one line; the certificates are in `certs/`.
    ///   - files: of the authority's folder.
    static func serve(
        _ authority: CertificateAuthority,
        _ upstreams: [UInt16],
        https: String = "certificate: certs/edge.crt, key: certs/edge.key",
        files: [String] = ["edge.crt", "edge.key"],
        upstream: String = "",
        timeouts: String = "{}",
        environment: [String: String] = [:],
        workers: Int = 1
    ) throws -> RunningGateway {
        let folder = try ScratchFolder()
        try authority.copy(files, to: folder)
        try RunningGateway.build(text(upstreams, https: https, upstream: upstream, timeouts: timeouts), in: folder)
        // Keys are never copied by a build: somebody has to bring them.
        for name in files where name.hasSuffix(".key") { try authority.copy([name], to: folder, as: "dist/certs") }
        let arguments = https.isEmpty ? [] : ["--https", "127.0.0.1:0"]
        return try RunningGateway(folder, arguments, environment: environment, workers: workers)
    }

    static func text(
        _ upstreams: [UInt16],
        https: String,
        upstream: String = "",
        timeouts: String = "{}"
    ) -> String {
        let secure = https.isEmpty ? "" : ", https: { \(https) }"
        return PlainSpec.text(
            upstreams,
            upstream: upstream,
            top: "listen: { http: 8000, timeouts: \(timeouts)\(secure) }"
        )
    }
}
