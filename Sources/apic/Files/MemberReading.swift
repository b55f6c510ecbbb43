internal import GatewayCompiler

/// Reads the members of a spec, and lets each be decoded on a core of its own.
enum MemberReading {
    /// In the order of the requests.
    static func answers(to requests: [MemberRequest], by crew: WorkCrew) -> [MemberAnswer] {
        crew.results(requests.count) { answer(to: requests[$0]) }
    }

    private static func answer(to request: MemberRequest) -> MemberAnswer {
        // A dash means standard input on the command line only.
        let path = request.path == "-" ? "./-" : request.path
        do throws(FileFailure) {
            let bytes = try FileReading.bytes(at: path, byteCountMax: FileReading.specByteCountMax)
            return request.decode(bytes, identity: FileReading.identity(of: path))
        } catch {
            return .unreadable(error.description.replacing("cannot read `\(path)`: ", with: ""))
        }
    }
}
