internal import CPlatform
internal import Digests
internal import GatewayTable
internal import Glibc
internal import Synchronization

/// Asks a source for bundles, on a thread of its own and for ever, and lays what is new and signed where the control
/// loop can load it. Whether it is served, the control loop decides: only then is it what was good last.
final class BundlePuller: @unchecked Sendable {
    /// A bundle that is complete on the disk.
    struct Candidate: Equatable {
        /// Its folder.
        var path: String
        var seal: BundleSeal
    }

    /// What the thread has to tell.
    enum News: Equatable {
        /// The source has what is served already.
        case unchanged
        case candidate(Candidate)
        case refused(LoadError)
        case failed(PullFault)
    }

    /// What became of a candidate.
    enum Verdict {
        case accepted
        /// Fetch it again: it is not what was signed.
        case discarded
        /// Something else is missing; the bundle may be good later.
        case postponed
    }

    private struct State {
        var news: [News] = []
        var verdict: Verdict?
        var isWanted = false
        var mustStop = false
    }

    /// What was signed last and accepted.
    private struct Known {
        var signature: [UInt8] = []
        var seal: BundleSeal?
        /// The source's name for it.
        var tag = ""
    }

    let source: BundleSource
    private let trust: Trust
    private let folder: PullFolder
    private let state = Mutex(State())
    /// Written when the thread shall look at the state.
    private let workWakeup = apic_eventfd()
    /// The control loop's.
    private let controlWakeup: Int32

    init(_ source: BundleSource, trust: Trust, controlWakeup: Int32) {
        self.source = source
        self.trust = trust
        self.controlWakeup = controlWakeup
        folder = PullFolder(path: source.folder)
    }

    deinit { close(workWakeup) }

    // MARK: The control thread's side

    /// - Returns: 0, or an error code.
    func start() -> Int32 { Thread.start(name: "bundle-pull") { self.run() } }

    /// What happened since the last call.
    func takeNews() -> [News] {
        state.withLock { state in
            defer { state.news.removeAll() }
            return state.news
        }
    }

    /// Decides about the candidate that was told of; one that is accepted is the current bundle from now on.
    func answer(_ verdict: Verdict, _ candidate: Candidate) throws(PullFault) {
        var verdict = verdict
        defer {
            state.withLock { [verdict] in $0.verdict = verdict }
            Wakeup.signal(workWakeup)
        }
        guard verdict == .accepted else { return }
        do throws(PullFault) { try folder.commit(candidate.path) } catch {
            verdict = .postponed
            throw error
        }
        _ = folder.noteConfirmed()
    }

    /// When the source last confirmed the bundle that was good last, in seconds since 1970.
    var confirmedInstant: Int64? { folder.confirmedInstant }

    /// Asks the source at once.
    func ask() {
        state.withLock { $0.isWanted = true }
        Wakeup.signal(workWakeup)
    }

    /// Lets the thread end when it returns from what it is asking.
    func stop() {
        state.withLock { $0.mustStop = true }
        Wakeup.signal(workWakeup)
    }

    // MARK: The thread

    private var mustStop: Bool { state.withLock { $0.mustStop } }

    private func run() {
        var schedule = PullSchedule(seconds: source.seconds)
        var known = Known()
        if let bytes = try? WholeFile.bytes(
            at: BundleSeal.path(ofBundle: folder.current),
            byteCountMax: BundleStatement.byteCountMax
        ) {
            known.signature = bytes
            known.seal = try? BundleSeal.verify(bytes, trust: trust, path: folder.current)
        }
        while !mustStop {
            do throws(PullFault) {
                let fetcher = try Fetcher(source)
                keepAsking(fetcher, &schedule, &known)
            } catch {
                schedule.noteFailure()
                tell(.failed(error))
                rest(schedule)
            }
        }
    }

    /// Asks until the gateway ends.
    private func keepAsking(_ fetcher: borrowing Fetcher, _ schedule: inout PullSchedule, _ known: inout Known) {
        while !mustStop {
            do throws(PullFault) {
                if try pull(fetcher, &known) { schedule.noteSuccess() } else { schedule.noteFailure() }
            } catch {
                schedule.noteFailure()
                tell(.failed(error))
            }
            rest(schedule)
        }
    }

    /// Waits until it is time to ask again, or somebody wants it now.
    private func rest(_ schedule: PullSchedule) {
        let random = SystemRandom.bytes(count: 4).reduce(0) { $0 << 8 | UInt32($1) }
        wait(milliseconds: schedule.pause(random: random)) { $0.isWanted }
        state.withLock { $0.isWanted = false }
    }

    /// Asks once.
    ///
    /// - Returns: whether the source has what is served.
    private func pull(_ fetcher: borrowing Fetcher, _ known: inout Known) throws(PullFault) -> Bool {
        let lock = try folder.lock()
        defer { close(lock) }
        guard let (bytes, tag) = try fetchSignature(fetcher, besides: known.tag), bytes != known.signature else {
            _ = folder.noteConfirmed()
            tell(.unchanged)
            return true
        }
        let seal: BundleSeal
        do throws(LoadError) {
            seal = try BundleSeal.verify(bytes, trust: trust, path: source.url(of: BundleStatement.fileName))
            try SequenceFloor(known.seal).check(seal, trust: trust)
        } catch {
            tell(.refused(error))
            return false
        }
        let slot = folder.slot(of: SHA256.digest(bytes).bytes)
        let candidate = Candidate(path: slot, seal: seal)
        if !isComplete(slot, bytes) { try download(fetcher, seal, bytes, to: slot) }
        tell(.candidate(candidate))
        switch awaitVerdict() {
        case .accepted:
            known = Known(signature: bytes, seal: seal, tag: tag)
            return true
        case .discarded: folder.discard(slot)
        case .postponed, nil: break
        }
        return false
    }

    /// - Returns: the signature with its tag, or `nil` if it is still the one with that tag.
    private func fetchSignature(
        _ fetcher: borrowing Fetcher,
        besides tag: String
    ) throws(PullFault) -> (bytes: [UInt8], tag: String)? {
        // The path ends with a zero.
        let file = unsafe apic_memory_file("bundle-signature")
        guard file >= 0 else { throw PullFault("no memory: \(systemMessage(errno))") }
        defer { close(file) }
        let answer = try fetcher.fetch(
            BundleStatement.fileName,
            besides: tag,
            byteCountMax: UInt64(BundleStatement.byteCountMax),
            isSmall: true,
            to: file
        )
        guard case .body(let byteCount, let tag) = answer else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(byteCount))
        let count = bytes.count
        let got = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, count, 0) }
        guard got == count else { throw PullFault("cannot read what was fetched") }
        return (bytes, tag)
    }

    /// Whether a folder holds what belongs to a signature: the signature is written last.
    private func isComplete(_ slot: String, _ signature: [UInt8]) -> Bool {
        (try? WholeFile.bytes(at: BundleSeal.path(ofBundle: slot), byteCountMax: signature.count)) == signature
    }

    /// Fetches every file that a signature lists, none longer than it says.
    private func download(
        _ fetcher: borrowing Fetcher,
        _ seal: BundleSeal,
        _ signature: [UInt8],
        to slot: String
    ) throws(PullFault) {
        folder.discard(slot)
        for listed in seal.statement.files where listed.path != BundleStatement.fileName {
            guard listed.byteCount <= UInt64(TableLayout.fileByteCountMax) else {
                throw PullFault("\(source.url(of: listed.path)) has more bytes than a table may have")
            }
            let file = try folder.create(listed.path, in: slot)
            do throws(PullFault) {
                _ = try fetcher.fetch(listed.path, byteCountMax: listed.byteCount, isSmall: false, to: file)
            } catch {
                close(file)
                throw error
            }
            try folder.finish(file)
            if mustStop { throw PullFault("the gateway ends") }
        }
        let file = try folder.create(BundleStatement.fileName, in: slot)
        let count = unsafe signature.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        try folder.finish(file)
        guard count == signature.count else { throw PullFault("cannot write to `\(slot)`") }
    }

    private func tell(_ news: News) {
        state.withLock { state in
            state.verdict = nil
            // Nobody reads for a while: the newest counts.
            if state.news.count >= 16 { state.news.removeFirst() }
            state.news.append(news)
        }
        Wakeup.signal(controlWakeup)
    }

    private func awaitVerdict() -> Verdict? {
        wait(milliseconds: .max) { $0.verdict != nil }
        return state.withLock { $0.verdict }
    }

    /// Waits until something holds, or the gateway ends.
    private func wait(milliseconds: Int64, until condition: (State) -> Bool) {
        let start = Clock.monotonicMilliseconds
        while true {
            let isOver = state.withLock { $0.mustStop || condition($0) }
            let rest = milliseconds == .max ? 60_000 : start + milliseconds - Clock.monotonicMilliseconds
            if isOver || rest <= 0 { return }
            Wakeup.wait(for: workWakeup, milliseconds: Int32(min(rest, 60_000)))
            Wakeup.clear(workWakeup)
        }
    }
}
