internal import CCurl

/// Asks a bundle's source, by libcurl. For one thread.
///
/// Unsafe operations hold because every text is lent for one call.
@safe
struct Fetcher: ~Copyable {
    private static let connectMilliseconds = 10_000
    private static let smallMilliseconds = 30_000
    private static let stallSeconds = 30

    /// What the source said.
    enum Answer: Equatable {
        case unchanged
        /// With its tag, empty if it has none.
        case body(byteCount: UInt64, tag: String)
    }

    private let source: BundleSource
    private let handle: OpaquePointer

    init(_ source: BundleSource) throws(PullFault) {
        var problem = [CChar](repeating: 0, count: Int(apic_fetch_problem_size))
        guard let handle = unsafe apic_fetcher_make(&problem, problem.count) else {
            throw PullFault(Fetcher.text(problem))
        }
        self.source = source
        unsafe self.handle = handle
    }

    deinit { unsafe apic_fetcher_free(handle) }

    /// Fetches a file of the bundle.
    ///
    /// - Parameters:
    ///   - tag: what is known already.
    ///   - isSmall: it has half a minute; others only must not stall.
    ///   - file: where it is written.
    func fetch(
        _ name: String,
        besides tag: String = "",
        byteCountMax: UInt64,
        isSmall: Bool,
        to file: Int32
    ) throws(PullFault) -> Answer {
        let url = source.url(of: name)
        var answer = apic_fetch_answer()
        let code = unsafe Fetcher.lend([url, tag, source.authorities, source.certificate, source.key]) { texts in
            var fetch = unsafe apic_fetch()
            unsafe fetch.url = texts[0]
            unsafe fetch.etag = texts[1]
            unsafe fetch.authorities = texts[2]
            unsafe fetch.certificate = texts[3]
            unsafe fetch.key = texts[4]
            unsafe fetch.descriptor = file
            unsafe fetch.byte_count_max = byteCountMax
            unsafe fetch.connect_milliseconds = Fetcher.connectMilliseconds
            unsafe fetch.total_milliseconds = isSmall ? Fetcher.smallMilliseconds : 0
            unsafe fetch.stall_seconds = Fetcher.stallSeconds
            return unsafe apic_fetch(handle, &fetch, &answer)
        }
        guard code == 0 else {
            let problem = unsafe withUnsafeBytes(of: &answer.problem) { Fetcher.text(unsafe Array($0)) }
            throw PullFault("cannot fetch \(url): \(problem)")
        }
        switch answer.status {
        case 200:
            let tag = unsafe withUnsafeBytes(of: &answer.etag) { Fetcher.text(unsafe Array($0)) }
            return .body(byteCount: answer.byte_count, tag: tag)
        case 304 where !tag.isEmpty: return .unchanged
        default: throw PullFault("cannot fetch \(url): the answer is \(answer.status)")
        }
    }

    private static func text(_ bytes: [CChar]) -> String { text(bytes.map { UInt8(bitPattern: $0) }) }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Texts as C has them, for one call.
    private static func lend(_ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Int32) -> Int32 {
        let arrays = texts.map { $0.map { Array($0.utf8CString) } }
        var pointers: [UnsafePointer<CChar>?] = unsafe []
        func next(_ index: Int) -> Int32 {
            guard index < arrays.count else { return unsafe body(pointers) }
            guard let array = arrays[index] else {
                unsafe pointers.append(nil)
                return next(index + 1)
            }
            return unsafe array.withUnsafeBufferPointer { buffer in
                unsafe pointers.append(buffer.baseAddress)
                return next(index + 1)
            }
        }
        return next(0)
    }
}
