import TestSupport
import Testing

@testable import GatewayRuntime

@Suite("Timer wheel")
struct TimerWheelTests {
    @Test("every deadline fires once, not early, and at most two ticks late", arguments: 0..<20)
    func fires(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let sockets = Slab<Socket>(zeroed: 64)
        for descriptor in 0..<64 { sockets[descriptor] = Socket() }
        defer { sockets.deallocate() }
        var now: UInt64 = 1_000_000
        var wheel = TimerWheel(now: now)
        var due: [Int32: UInt64] = [:]
        for _ in 0..<2000 {
            let descriptor = Int32.random(in: 0..<64, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0 {
                wheel.disarm(descriptor, sockets)
                due[descriptor] = nil
            } else {
                let delay = UInt32.random(in: 0..<(Bool.random(using: &random) ? 500 : 200_000), using: &random)
                wheel.arm(descriptor, .idle, after: delay, now: now, sockets)
                due[descriptor] = now + UInt64(delay)
            }
            let wait = wheel.wait(now: now, bound: 100_000)
            if let first = due.values.min() { #expect(UInt64(wait) + now <= max(first, now) + 48) }
            now += UInt64.random(in: 0..<(Int.random(in: 0..<50, using: &random) == 0 ? 90_000 : 60), using: &random)
            while true {
                let fired = wheel.popExpired(now: now, sockets)
                guard fired >= 0 else { break }
                let deadline = due.removeValue(forKey: fired)
                #expect(deadline != nil && (deadline ?? 0) <= now)
            }
            for deadline in due.values { #expect(deadline + 32 > now) }
        }
    }
}

@Suite("Rate store")
struct RateStoreTests {
    private let window: UInt64 = 60_000_000

    /// Sends requests at a steady pace; returns how many passed in each window.
    private func passes(_ store: RateStore, limit: UInt32, perWindow: UInt64, windows: UInt64) -> [Int] {
        let start = 1000 * window
        return (0..<windows).map { number in
            (0..<perWindow).count { index in
                let now = start + number * window + index * window / perWindow
                let handle = store.handle(7, now: now, window: window, isShared: false)
                guard store.read(handle, limit: limit, cost: 1, now: now, window: window, isShared: false).wait == 0
                else { return false }
                store.add(1, to: handle, now: now, window: window)
                return true
            }
        }
    }

    @Test("ten times the limit passes the limit, window by window, within one per cent")
    func accuracy() {
        let counts = passes(RateStore(), limit: 1000, perWindow: 10_000, windows: 10)
        for count in counts { #expect((990...1010).contains(count), "\(counts)") }
    }

    @Test("what is below the limit always passes")
    func below() {
        #expect(passes(RateStore(), limit: 100, perWindow: 99, windows: 5).allSatisfy { $0 == 99 })
    }

    @Test("after the wait that was told one more request fits, and not a second before")
    func wait() {
        let store = RateStore()
        var now = 1000 * window + 10_000_000
        func add() {
            store.add(1, to: store.handle(9, now: now, window: window, isShared: false), now: now, window: window)
        }
        func read(cost: UInt32 = 1) -> RateStore.Reading {
            store.read(
                store.handle(9, now: now, window: window, isShared: false),
                limit: 10,
                cost: cost,
                now: now,
                window: window,
                isShared: false
            )
        }
        for _ in 0..<10 { add() }
        let told = read().wait
        #expect(told > 0)
        now += told - 1_000_000
        #expect(read().wait > 0)
        now += 1_000_000
        #expect(read().wait == 0)
        // Who takes more waits longer.
        let toldMore = read(cost: 4).wait
        #expect(toldMore > 0)
        now += toldMore
        #expect(read(cost: 4).wait == 0)
        #expect(read(cost: 11).wait > 0)
    }

    @Test("keys do not share counts, and more keys than fit stay bounded")
    func keys() {
        let store = RateStore()
        let now = 1000 * window
        for key in 1...10_000 {
            let mixed = RateStore.mix(UInt64(key), 3)
            let handle = store.handle(mixed, now: now, window: window, isShared: false)
            #expect(store.read(handle, limit: 5, cost: 1, now: now, window: window, isShared: false).used == 0)
            store.add(1, to: handle, now: now, window: window)
        }
    }
}

@Suite("Concurrency store")
struct ConcurrencyStoreTests {
    @Test("so many of a key enter, and one more for each that leaves")
    func limit() {
        let store = ConcurrencyStore()
        let key = RateStore.mix(7, 9)
        var places = (0..<3).map { _ in store.enter(key, limit: 3) }
        #expect(places.allSatisfy { $0 >= 0 } && Set(places).count == 1)
        #expect(store.enter(key, limit: 3) == -1)
        #expect(store.enter(RateStore.mix(8, 9), limit: 3) >= 0)
        store.leave(places.removeLast())
        #expect(store.enter(key, limit: 3) >= 0)
        #expect(store.enter(key, limit: 3) == -1)
        // A bundle may bring a lower limit.
        #expect(store.enter(key, limit: 1) == -1)
    }

    @Test("keys without number find places where others have left, and are refused where none is")
    func bounds() {
        let store = ConcurrencyStore()
        var random = SeededRandom(seed: 5)
        var places: [Int32] = []
        var refusedCount = 0
        for _ in 0..<200_000 {
            let place = store.enter(random.next(), limit: 1)
            if place < 0 { refusedCount += 1 } else { places.append(place) }
        }
        #expect(Set(places).count == places.count && refusedCount >= 200_000 - Limits.concurrencyKeyCountMax)
        for place in places { store.leave(place) }
        // Half as many as there are places find one nearly always.
        let refused = (0..<UInt64(Limits.concurrencyKeyCountMax / 2)).count { key in
            store.enter(RateStore.mix(key, 1), limit: 1) < 0
        }
        #expect(refused < 400)
    }
}

@Suite("Shares")
struct ShareTests {
    @Test("keys are spread evenly over the places", arguments: [1, 5, 20, 50, 99])
    func shares(_ percent: UInt32) {
        let share = percent * 10_000
        let keys = (0..<20_000).map { RateStore.hash(Bytes("session"), RateStore.mix(42, $0)) }
        let count = keys.count { Share.place($0) < share }
        #expect(abs(count - Int(percent) * 200) < 300)
        #expect(keys.allSatisfy { Share.place($0) < Share.whole })
        #expect(Share.place(0) == 0 && Share.place(.max) == Share.whole - 1)
    }
}

@Suite("Retry decisions")
struct RetryDecisionTests {
    @Test(
        "what was not sent may be sent again; what may have been done is repeated only if that does no harm",
        arguments: [
            (UpstreamFailure.connect, 1, 1, false, true, true, true), (.connect, 2, 1, true, true, true, false),
            (.connect, 1, 0, true, true, true, false), (.connectTimeout, 1, 1, false, true, true, true),
            (.closed, 1, 1, true, true, true, true), (.closed, 1, 1, false, true, true, false),
            (.closed, 1, 0, true, true, false, true), (.closed, 1, 0, false, true, false, false),
            (.connect, 1, 1, false, false, true, true), (.closed, 1, 1, true, false, true, false),
            (.responseTimeout, 1, 3, true, true, true, false),
            (.malformed, 1, 3, true, true, true, false),
        ]
    )
    func table(
        _ failure: UpstreamFailure,
        attempts: Int,
        retries: Int,
        isIdempotent: Bool,
        isRewindable: Bool,
        isFresh: Bool,
        expected: Bool
    ) {
        let decision = RetryDecision.retries(
            failure,
            attemptCount: attempts,
            retryCountMax: retries,
            isIdempotent: isIdempotent,
            isRewindable: isRewindable,
            isFresh: isFresh,
            hasOtherTarget: true
        )
        #expect(decision == expected)
    }

    @Test(
        "a server whose certificate was refused is not asked again, another one is",
        arguments: [UpstreamFailure.expired, .misnamed, .untrusted]
    )
    func certificates(_ failure: UpstreamFailure) {
        for (attempts, hasOtherTarget, expected) in [(1, true, true), (1, false, false), (2, true, false)] {
            let decision = RetryDecision.retries(
                failure,
                attemptCount: attempts,
                retryCountMax: 1,
                isIdempotent: false,
                isRewindable: false,
                isFresh: true,
                hasOtherTarget: hasOtherTarget
            )
            #expect(decision == expected)
        }
    }
}

@Suite("Link values")
struct LinkValueTests {
    @Test(
        "only what speaks of lifecycle is replaced",
        arguments: [
            ("<https://x/a>; rel=\"next\"", nil),
            ("<https://x/a,b>; rel=next, <y>; rel=sunset", "<https://x/a,b>; rel=next"),
            ("<a>; rel=\"deprecation\"", ""), ("<a>; title=\"x, rel=sunset\"; rel=next", nil),
            ("<a>; rel=\"prev successor-version\", <b>; rel=last", "<b>; rel=last"),
        ]
    )
    func table(_ value: String, _ kept: String?) {
        withBytes(value) { bytes in
            #expect(LinkValues.containsLifecycle(bytes) == (kept != nil))
            guard let kept else { return }
            withBlock { block in
                var output = ByteWriter(block)
                LinkValues.appendOthers(of: bytes, to: &output)
                #expect(output.written.string == (kept.isEmpty ? "" : "Link: \(kept)\r\n"))
            }
        }
    }
}

@Suite("Answer heads")
struct AnswerHeadTests {
    @Test(
        "answers are parsed as strictly as requests",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200 length keep"),
            ("HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", "200 length keep"),
            ("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", "200 chunked keep"),
            ("HTTP/1.0 200 OK\r\n\r\n", "200 untilClose close"), ("HTTP/1.1 200 OK\r\n\r\n", "200 untilClose close"),
            ("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "204 none close"),
            ("HTTP/1.1 204 No Content\r\nConnection: close, keep-alive\r\n\r\n", "204 none close"),
            ("HTTP/1.0 204 No Content\r\nConnection: keep-alive\r\n\r\n", "204 none keep"),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304 none keep"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", "refused"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "refused"),
            ("HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\n", "refused"), ("HTTP/2 200 OK\r\n\r\n", "refused"),
            ("HTTP/1.1 99 No\r\n\r\nxxxx", "refused"), ("HTTP/1.1 600 No\r\n\r\n", "refused"),
            ("ICY 200 OK\r\n\r\n", "refused"), ("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "refused"),
            ("HTTP/1.1 20", "incomplete"), ("HTTP/1.1 200 OK\r\nX: y\r\n", "incomplete"),
        ]
    )
    func table(_ text: String, _ expected: String) {
        var head = AnswerHead()
        let got = withBytes(text) { bytes -> String in
            switch head.parse(bytes, isToHead: false) {
            case .incomplete: "incomplete"
            case .refused: "refused"
            case .complete: "\(head.status) \(head.framing) \(head.keepsAlive ? "keep" : "close")"
            }
        }
        #expect(got == expected, "\(text.debugDescription)")
    }
}
