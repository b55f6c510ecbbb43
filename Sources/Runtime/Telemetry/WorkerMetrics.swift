internal import CPlatform
internal import Glibc

/// What one worker counts besides its requests. Gauges go up and down; everything else only up.
package enum WorkerCounter: Int, CaseIterable, Sendable {
    /// Gauge: client connections that are open.
    case clientsOpen
    case clientsAccepted
    /// Client connections closed at once because there were too many.
    case clientsRefused
    /// Client connections closed at once because their address had too many.
    case clientsRefusedByAddress
    /// Client connections closed because they did not begin with a PROXY header, though they had to.
    case proxyHeadersRefused
    /// Gauge: connections to upstreams that are open, in use or idle.
    case upstreamsOpen
    /// Gauge: those of them that are idle.
    case upstreamsIdle
    case upstreamsOpened
    /// Connections to upstreams that could not be made.
    case upstreamConnectFailures
    /// Exchanges that an upstream broke off or answered with what is no HTTP.
    case upstreamProtocolFailures
    /// Attempts after the first.
    case retries
    /// Attempts that the budget of their upstream did not allow.
    case retriesRefused
    /// Gauge: requests that wait for a target to have room.
    case requestsWaiting
    /// Requests that had no place to wait, and those that waited too long.
    case queueRefusals
    case queueTimeouts
    /// TLS handshakes with clients: whole ones, those that went on with a session, and those that failed.
    case handshakesFull
    case handshakesResumed
    case handshakesFailed
    /// The same with upstreams.
    case upstreamHandshakesFull
    case upstreamHandshakesResumed
    case upstreamHandshakesFailed
    /// Certificates of upstreams that were not taken, by the reason.
    case upstreamCertificatesExpired
    case upstreamCertificatesMisnamed
    case upstreamCertificatesUntrusted
    case timeoutHandshake
    case timeoutHead
    case timeoutBody
    case timeoutIdle
    case timeoutWrite
    case timeoutConnect
    case timeoutResponse
    case timeoutTunnel
    case timeoutPong
    /// Requests that the parser refused, by what it answered.
    case malformed400
    case malformed413
    case malformed414
    case malformed431
    case malformed501
    case malformed505
    case rateLimited
    case concurrencyLimited
    /// Requests without a valid credential.
    case unauthenticated
    /// Tokens that were known, and those that were checked and found good.
    case tokensKnown
    case tokensVerified
    /// Tokens that were refused, by the reason.
    case tokensMalformed
    case tokensTooLong
    case tokensOfOtherAlgorithm
    case tokensCritical
    case tokensOfUnknownKey
    case tokensForged
    case tokensExpired
    case tokensNotYetValid
    case tokensTooLasting
    case tokensOfOtherIssuer
    case tokensForOthers
    case tokensLackingClaims
    case tokensOfNobody
    case tokensInactive
    /// Signatures over requests that were good, and those that were refused, by the reason.
    case signaturesVerified
    case signaturesMalformed
    case signaturesOfUnknownKey
    case signaturesOfOtherAlgorithm
    case signaturesIncomplete
    case signaturesForged
    case signaturesExpired
    case signaturesNotYetValid
    case signaturesOfOthers
    case signaturesOfOtherBodies
    /// What authorization servers said of tokens: good, bad, and nothing of use.
    case introspectionsActive
    case introspectionsRefused
    case introspectionsFailed
    /// Requests answered 503 because no keys had come yet.
    case keysUnavailable
    /// Answers of servers that were asked whether a request may pass: yes, no, and none that says so.
    case authorizerAllowed
    case authorizerDenied
    case authorizerFailed
    /// Requests that were hit by faults.
    case faultsDelayed
    case faultsAborted
    /// Requests that went to the upstream of a canary.
    case diverted
    /// Copies of requests: sent, not made, and in flight.
    /// Requests that asked another target, too, that took its answer, and that found no room or budget for it.
    case hedgesSent
    case hedgesWon
    case hedgesRefused
    case mirrorsSent
    case mirrorsDropped
    case mirrorsOpen
    /// Requests that were answered from the store, were not, or could not be.
    case cacheHits
    case cacheMisses
    case cacheBypassed
    /// Answers that were given though they were too old, and those that had not changed.
    case cacheStale
    case cacheRenewed
    /// Answers that were stored, and those that made room for others.
    case cacheStored
    case cacheEvicted
    /// Gauges: stored answers, and their bytes.
    case cacheAnswers
    case cacheBytes
    /// Answers that were compressed, and those that were not because too many were; the bytes of their bodies.
    case answersCompressed
    case compressionsMissed
    case compressedBytesIn
    case compressedBytesOut
    /// Requests whose consumer is in no group that may pass.
    case forbidden
    /// Requests from an address that may not call.
    case addressRefused
    /// Requests of a program that may not call.
    case agentRefused
    /// Preflights of an origin that may not call.
    case originRefused
    /// Requests whose body was larger than the route allows.
    case bodyTooLarge
    /// Requests whose body was to be edited, and is no JSON object.
    case bodyEditsRefused
    /// Requests answered 503 because the worker had no room for them.
    case shed
    /// Requests answered 503 because the bundle is too old.
    case refusedStale
    /// Requests answered 503 because events waited too long for their turn.
    case shedByLag
    /// Gauge: how long events wait for their turn.
    case lagMicroseconds
    /// Gauge: how long a rest goes on after the first event.
    case wakePauseMicroseconds
    /// Gauge: 1 while the lag is above the mark.
    case overloaded
    /// Requests refused by the state of their version.
    case refusedPlanned
    case refusedBrownout
    case refusedSunset
    case refusedRetired
    /// Requests that no host and path matches.
    case unrouted
    /// Gauge: requests in flight.
    case requestsInFlight
    /// Gauge: connections that changed their protocol.
    case tunnelsOpen
    case tunnelsOpened
    /// Gauge: client connections that speak HTTP/2.
    case sessionsOpen
    case streamsOpened
    /// Streams that were not taken: too many are open, or the connection ends.
    case streamsRefused
    /// Streams that ended before their answer did: cancelled by the client, or malformed.
    case streamsReset
    /// HTTP/2 connections ended for what the client sent.
    case sessionsMalformed
    case sessionsFloodedByResets
    case sessionsFloodedByFrames
    case sessionsFloodedByFields
    /// Gauge: connections to upstreams that speak HTTP/2.
    case upstreamSessionsOpen
    case upstreamStreamsOpened
    /// HTTP/2 connections ended for what the upstream sent.
    case upstreamSessionsFailed
}

/// The counters of one worker: written by it alone, with plain loads and stores, and read by the scrape at any time.
///
/// A handle, free to copy. Address space for all series is reserved at once and never moves; a page costs memory from
/// its first count on.
///
/// Unsafe operations hold because indices are checked against the reserved space, and words are aligned.
@safe
package struct WorkerMetrics: BitwiseCopyable, @unchecked Sendable {
    /// Series 0 counts requests that belong to no version; the bound keeps the space at 16 MiB of addresses.
    package static let seriesCountMax = 65_536
    /// Upper bounds of the latency buckets in microseconds; a last bucket takes the rest.
    package static let bucketBounds: [UInt32] = [
        500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000,
    ]

    // Of a series: what a usual request counts (the sums, a good status, a short time) stands in the first cache line,
    // the other classes and buckets follow. With ten thousand versions every line is one from memory.
    private static let seriesWordCount = 32
    private static let durationWord = 0
    private static let bytesInWord = 1
    private static let bytesOutWord = 2
    private static let goodClassWord = 3
    private static let shortBucketWord = 4
    private static let shortBucketCount = 4
    private static let otherClassWord = 8
    private static let longBucketWord = 14
    /// A page of the worker's own counters stands before the series.
    private static let headWordCount = 512
    private static let byteCount = 8 * (headWordCount + seriesCountMax * seriesWordCount)

    private let words: UnsafeMutablePointer<UInt64>

    /// Reserves the address space, or returns `nil` if the system refuses.
    package static func make() -> WorkerMetrics? {
        let flags = MAP_PRIVATE | apic_map_anonymous | apic_map_noreserve
        let start = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
        return unsafe WorkerMetrics(words: start.bindMemory(to: UInt64.self, capacity: byteCount / 8))
    }

    private init(words: UnsafeMutablePointer<UInt64>) {
        unsafe self.words = words
    }

    /// - Precondition: no copy of the handle is used any more.
    package func deallocate() {
        unsafe munmap(words, WorkerMetrics.byteCount)
    }

    // MARK: Counting

    /// Counts an answered request.
    ///
    /// - Parameters:
    ///   - series: of the version (`Generation.seriesOfVersion`), or 0 if the request belongs to none.
    ///   - statusClass: the status divided by 100, 1 to 5; 0 if the client went away before an answer.
    ///   - durationMicroseconds: from the request's first byte to the answer's last.
    ///   - bytesIn: bytes of the body received.
    ///   - bytesOut: bytes of the body sent.
    @inline(__always)
    package func countRequest(
        series: UInt32,
        statusClass: UInt32,
        durationMicroseconds: UInt64,
        bytesIn: UInt64 = 0,
        bytesOut: UInt64 = 0
    ) {
        let own = unsafe start(ofSeries: series)
        unsafe WorkerMetrics.add(own + WorkerMetrics.word(ofClass: Int(min(statusClass, 5))), 1)
        let bucket = WorkerMetrics.bucket(ofMicroseconds: durationMicroseconds)
        unsafe WorkerMetrics.add(own + WorkerMetrics.word(ofBucket: bucket), 1)
        unsafe WorkerMetrics.add(own + WorkerMetrics.durationWord, durationMicroseconds)
        unsafe WorkerMetrics.add(own + WorkerMetrics.bytesInWord, bytesIn)
        unsafe WorkerMetrics.add(own + WorkerMetrics.bytesOutWord, bytesOut)
    }

    /// Counts bytes of a request that was counted before.
    package func countBytes(series: UInt32, bytesIn: UInt64, bytesOut: UInt64) {
        let own = unsafe start(ofSeries: series)
        unsafe WorkerMetrics.add(own + WorkerMetrics.bytesInWord, bytesIn)
        unsafe WorkerMetrics.add(own + WorkerMetrics.bytesOutWord, bytesOut)
    }

    /// Asks for the memory that `countRequest` will most likely write.
    @inline(__always)
    func prefetch(series: UInt32) {
        unsafe apic_prefetch(start(ofSeries: series))
    }

    @inline(__always)
    package func add(_ counter: WorkerCounter, _ amount: UInt64 = 1) {
        unsafe WorkerMetrics.add(words + counter.rawValue, amount)
    }

    /// Takes back from a gauge.
    @inline(__always)
    package func subtract(_ gauge: WorkerCounter, _ amount: UInt64 = 1) {
        unsafe WorkerMetrics.add(words + gauge.rawValue, 0 &- amount)
    }

    /// Gives a gauge its value.
    @inline(__always)
    package func set(_ gauge: WorkerCounter, _ value: UInt64) {
        unsafe apic_store_relaxed_u64(words + gauge.rawValue, value)
    }

    // MARK: Reading

    package func value(_ counter: WorkerCounter) -> UInt64 {
        unsafe apic_load_relaxed_u64(words + counter.rawValue)
    }

    /// What one series has counted so far, added to `totals`.
    package func read(series: UInt32, into totals: inout SeriesTotals) {
        let own = unsafe start(ofSeries: series)
        for index in totals.classes.indices {
            unsafe totals.classes[index] &+= apic_load_relaxed_u64(own + WorkerMetrics.word(ofClass: index))
        }
        for index in totals.buckets.indices {
            unsafe totals.buckets[index] &+= apic_load_relaxed_u64(own + WorkerMetrics.word(ofBucket: index))
        }
        unsafe totals.durationMicroseconds &+= apic_load_relaxed_u64(own + WorkerMetrics.durationWord)
        unsafe totals.bytesIn &+= apic_load_relaxed_u64(own + WorkerMetrics.bytesInWord)
        unsafe totals.bytesOut &+= apic_load_relaxed_u64(own + WorkerMetrics.bytesOutWord)
    }

    @inline(__always)
    private static func word(ofClass index: Int) -> Int {
        index == 2 ? goodClassWord : otherClassWord + index
    }

    @inline(__always)
    private static func word(ofBucket index: Int) -> Int {
        index < shortBucketCount ? shortBucketWord + index : longBucketWord + index - shortBucketCount
    }

    @inline(__always)
    private func start(ofSeries series: UInt32) -> UnsafeMutablePointer<UInt64> {
        assert(Int(series) < WorkerMetrics.seriesCountMax)
        return unsafe words + (WorkerMetrics.headWordCount + Int(series) * WorkerMetrics.seriesWordCount)
    }

    /// One writer: a load and a store, no lock prefix.
    @inline(__always)
    private static func add(_ word: UnsafeMutablePointer<UInt64>, _ amount: UInt64) {
        unsafe apic_store_relaxed_u64(word, apic_load_relaxed_u64(word) &+ amount)
    }

    /// Index of the bucket: most requests are fast, so the search begins there.
    @inline(__always)
    static func bucket(ofMicroseconds duration: UInt64) -> Int {
        if duration <= 2_500 { return duration <= 500 ? 0 : duration <= 1_000 ? 1 : 2 }
        if duration <= 25_000 { return duration <= 5_000 ? 3 : duration <= 10_000 ? 4 : 5 }
        if duration <= 250_000 { return duration <= 50_000 ? 6 : duration <= 100_000 ? 7 : 8 }
        if duration <= 2_500_000 { return duration <= 500_000 ? 9 : duration <= 1_000_000 ? 10 : 11 }
        return duration <= 5_000_000 ? 12 : duration <= 10_000_000 ? 13 : 14
    }
}

/// A series' counts, summed over workers.
package struct SeriesTotals: Equatable, Sendable {
    /// By class of status; index 0 are clients that went away before an answer.
    package var classes = [UInt64](repeating: 0, count: 6)
    /// By bucket, not cumulative; the last one takes what is slower than every bound.
    package var buckets = [UInt64](repeating: 0, count: WorkerMetrics.bucketBounds.count + 1)
    package var durationMicroseconds: UInt64 = 0
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0

    package init() {}

    package var requestCount: UInt64 { classes.reduce(0, &+) }
}
