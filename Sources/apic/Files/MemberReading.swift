internal import Digests
package import GatewayCompiler

/// Reads the members of a spec, and lets each be decoded on a core of its own.
package enum MemberReading {
    /// In the order of the requests.
    ///
    /// - Parameter cache: knows what the YAML of members was read to, and is told.
    static func answers(to requests: [MemberRequest], by crew: WorkCrew, _ cache: SyntaxCache?) -> [MemberAnswer] {
        crew.results(requests.count) { answer(to: requests[$0], cache) }
    }

    private static func answer(to request: MemberRequest, _ cache: SyntaxCache?) -> MemberAnswer {
        // A dash means standard input on the command line only.
        let path = request.path == "-" ? "./-" : request.path
        do throws(FileFailure) {
            let bytes = try FileReading.bytes(at: path, byteCountMax: FileReading.specByteCountMax)
            let identity = FileReading.identity(of: path)
            guard let cache else { return request.decode(bytes, identity: identity) }
            return answer(to: request, bytes, identity: identity, cache)
        } catch {
            return .unreadable(error.description.replacing("cannot read `\(path)`: ", with: ""))
        }
    }

    /// Of a member's content.
    package static func answer(
        to request: MemberRequest,
        _ bytes: [UInt8],
        identity: String,
        _ cache: SyntaxCache
    ) -> MemberAnswer {
        let content = SHA256.digest(bytes)
        let kept = cache.syntax(of: content)
        var syntax: KeptSyntax?
        let answer = request.decode(bytes, identity: identity, kept: kept, syntax: &syntax)
        cache.note(syntax ?? kept, of: content)
        return answer
    }
}
