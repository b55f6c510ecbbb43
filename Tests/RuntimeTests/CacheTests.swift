import Testing

@testable import GatewayRuntime

/// The fields of a head, for the time of a call.
private func withFields<Result>(_ lines: [String], _ body: (FieldsView) throws -> Result) throws -> Result {
    var table = HeaderTable()
    var fault = HeadFault.none
    let result: Result? = try withBytes(lines.map { $0 + "\r\n" }.joined() + "\r\n") { bytes in
        guard table.parse(bytes, from: 0, countMax: 20, fault: &fault) > 0 else { return nil }
        return try body(FieldsView(table, bytes))
    }
    return try #require(result)
}

@Suite("What may be stored, for whom and for how long")
struct StorageRuleTests {
    private static let wall: Int64 = 784_111_777
    private static let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT"

    private func rule(
        _ lines: [String],
        status: UInt16 = 200,
        _ asker: AskedBy = AskedBy(),
        delay: UInt32 = 0,
        defaults: LifetimeDefaults = LifetimeDefaults()
    ) throws -> StorageRule? {
        try withFields(lines) {
            StorageRule(
                status: status,
                $0,
                asker,
                wall: Self.wall,
                delay: delay,
                toldAge: StorageRule.toldAge($0),
                defaults: defaults
            )
        }
    }

    static let lifetimes: [(lines: [String], seconds: UInt32?, age: UInt32)] = [
        ([], nil, 0), (["Cache-Control: max-age=60"], 60, 0), (["Cache-Control: MAX-AGE = \"60\""], 60, 0),
        (["Cache-Control: s-maxage=5, max-age=60"], 5, 0),
        (["Cache-Control: max-age=60", "Cache-Control: s-maxage=5"], 5, 0),
        (["Cache-Control: max-age=60, max-age=90"], 60, 0), (["Cache-Control: max-age=0"], nil, 0),
        (["Cache-Control: max-age=a, s-maxage=-1"], nil, 0),
        (["Cache-Control: max-age=99999999999999999999"], 2_147_483_647, 0),
        (["Cache-Control: public"], nil, 0), (["Cache-Control: max-age=60, no-store"], nil, 0),
        (["Cache-Control: max-age=60, no-cache"], nil, 0), (["Cache-Control: max-age=60, no-cache=\"a, b\""], nil, 0),
        (["Cache-Control: max-age=60, private"], nil, 0), (["Cache-Control: x=\"private\", max-age=60"], 60, 0),
        ([date, "Expires: Sun, 06 Nov 1994 08:50:07 GMT"], 30, 0), (["Expires: Sun, 06 Nov 1994 08:50:07 GMT"], 30, 0),
        ([date, "Expires: 0"], nil, 0), ([date, "Expires: Sun, 06 Nov 1994 08:49:37 GMT"], nil, 0),
        ([date, "Expires: Sun, 06 Nov 1994 08:50:07 GMT", "Cache-Control: max-age=5"], 5, 0),
        (["Cache-Control: max-age=60", "Age: 20"], 60, 20), (["Cache-Control: max-age=60", "Age: 60"], nil, 0),
        (["Date: Sun, 06 Nov 1994 08:49:17 GMT", "Cache-Control: max-age=60", "Age: 10"], 60, 20),
        (["Date: Sun, 06 Nov 1994 08:59:37 GMT", "Cache-Control: max-age=60"], 60, 0),
        (["Cache-Control: max-age=60", "Vary: Accept, *"], nil, 0),
        (["Cache-Control: max-age=60", "Set-Cookie: a=b"], nil, 0),
        (["Cache-Control: max-age=60", "Content-Range: bytes 0-1/2"], nil, 0),
    ]

    @Test("an answer is fresh for as long as it says", arguments: lifetimes)
    func lifetime(_ entry: (lines: [String], seconds: UInt32?, age: UInt32)) throws {
        let rule = try rule(entry.lines)
        #expect(rule?.lifetime == entry.seconds)
        if entry.seconds != nil { #expect(rule?.age == entry.age) }
    }

    @Test("time on the way, silence and statuses")
    func rest() throws {
        #expect(try rule(["Cache-Control: max-age=60", "Age: 2"], delay: 3)?.age == 5)
        #expect(try rule([], defaults: LifetimeDefaults(fresh: 7))?.lifetime == 7)
        #expect(try rule(["Expires: 0"], defaults: LifetimeDefaults(fresh: 7)) == nil)
        for status: UInt16 in [200, 203, 300, 301, 302, 307, 308, 404, 410] {
            #expect(try rule(["Cache-Control: max-age=9"], status: status)?.lifetime == 9)
            #expect((try rule([], status: status, defaults: LifetimeDefaults(fresh: 7)) != nil) == (status < 300))
        }
        for status: UInt16 in [201, 204, 206, 303, 304, 400, 401, 403, 429, 500, 503] {
            #expect(try rule(["Cache-Control: public, max-age=9"], status: status) == nil)
        }
    }

    @Test("for how long an answer is used that is too old")
    func stale() throws {
        let silent = LifetimeDefaults(staleMeanwhile: 30, staleIfError: 60)
        func spans(_ control: String, _ defaults: LifetimeDefaults = silent) throws -> [UInt32]? {
            try rule(["Cache-Control: \(control)", "Age: 5"], defaults: defaults).map {
                [$0.lifetime, $0.staleMeanwhile, $0.staleIfError]
            }
        }
        #expect(try spans("max-age=9") == [9, 30, 60])
        #expect(try spans("max-age=9", LifetimeDefaults()) == [9, 0, 0])
        #expect(try spans("max-age=9, stale-while-revalidate=1, stale-if-error=0") == [9, 1, 0])
        #expect(try spans("max-age=9, must-revalidate, stale-if-error=9") == [9, 0, 0])
        #expect(try spans("max-age=9, proxy-revalidate") == [9, 0, 0])
        #expect(try spans("s-maxage=9") == [9, 0, 0])
        #expect(try spans("s-maxage=9, stale-while-revalidate=2") == [9, 2, 0])
        // Of use only when it is too old.
        #expect(try spans("max-age=0, stale-while-revalidate=6", LifetimeDefaults()) == [0, 6, 0])
        #expect(try spans("max-age=0, stale-while-revalidate=5", LifetimeDefaults()) == nil)
        let far = "max-age=99999999999, stale-if-error=99999999999"
        #expect(try spans(far) == [2_147_483_647, 30, 2_147_483_647])
    }

    @Test("a stored head takes on what an answer says that it has not changed")
    func merging() throws {
        let stored =
            "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nX-A: 1\r\nContent-Type: a/b\r\nDate: old\r\nX-B: 1\r\n"
            + "X-B: 2\r\nContent-Length: 0000000007\r\n\r\n"
        func merged(_ lines: [String]) -> String? {
            let text = "HTTP/1.1 304 Not Modified\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
            return withBytes(text) { text in
                withBytes(stored) { stored in
                    withBytes("Date: now\r\n") { date in
                        withBlock { block in
                            var head = AnswerHead()
                            var output = ByteWriter(block)
                            guard case .complete = head.parse(text, isToHead: false),
                                StoredHead.merge(stored, head, bodyCount: 42, date: date, to: &output) == .merged
                            else { return nil }
                            return output.written.string
                        }
                    }
                }
            }
        }
        let kept = "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nX-A: 1\r\nContent-Type: a/b\r\nX-B: 1\r\nX-B: 2\r\n"
        let end = "Content-Length: 0000000042\r\n\r\n"
        #expect(merged([]) == kept + "Date: now\r\n" + end)
        #expect(
            merged(["x-b: 3", "Date: new", "Content-Type: c/d", "Content-Length: 5", "Age: 4", "X-C: 4"])
                == "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nX-A: 1\r\nContent-Type: a/b\r\nx-b: 3\r\nDate: new\r\nX-C: 4\r\n"
                + end
        )
        #expect(merged(["Connection: x-b", "X-B: 3"]) == kept + "Date: now\r\n" + end)
        #expect(merged(["ETag: \"a\""])?.hasSuffix("ETag: \"a\"\r\nDate: now\r\n" + end) == true)
        #expect(merged(["ETag: W/\"a\""]) != nil && merged(["ETag: \"b\""]) == nil && merged(["Vary: a"]) == nil)
    }

    @Test("who is asked about decides for whom an answer is")
    func askers() throws {
        let (plain, open) = (["Cache-Control: max-age=9"], ["Cache-Control: public, max-age=9"])
        #expect(try rule(plain)?.isShared == true)
        #expect(try rule(plain, AskedBy(isConsumer: true))?.isShared == false)
        #expect(try rule(open, AskedBy(isConsumer: true))?.isShared == true)
        #expect(try rule(["Cache-Control: s-maxage=9"], AskedBy(isConsumer: true))?.isShared == true)
        for isConsumer in [false, true] {
            #expect(try rule(plain, AskedBy(isConsumer: isConsumer, isStranger: true)) == nil)
            #expect(try rule(open, AskedBy(isConsumer: isConsumer, isStranger: true))?.isShared == true)
        }
    }

    static let conditions: [(request: [String], isKnown: Bool)] = [
        ([], false), (["If-None-Match: \"a\""], true), (["If-None-Match: W/\"a\""], true),
        (["If-None-Match: \"b\""], false),
        (["If-None-Match: \"b\", \"a\""], true), (["If-None-Match: \"b\"", "If-None-Match: \"a\""], true),
        (["If-None-Match: *"], true), (["If-None-Match: a"], false), (["If-None-Match: \"b\", *"], true),
        (["If-None-Match: \"b\"", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], false),
        (["If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], true),
        (["If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT"], false), (["If-Modified-Since: yesterday"], false),
    ]

    @Test("who has the answer is told so", arguments: conditions)
    func precondition(_ entry: (request: [String], isKnown: Bool)) throws {
        let answer = ["ETag: \"a\"", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"]
        let isKnown = try withFields(entry.request) { request in
            try withFields(answer) { Precondition.isNotModified(request, $0) }
        }
        #expect(isKnown == entry.isKnown)
    }

    @Test("the upstream must have got what an answer is chosen by")
    func sending() {
        func isSent(_ selection: String, _ lines: [String]) -> Bool {
            withBytes(selection) { selection in
                withBytes("GET / HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n") {
                    Selection.isSent(selection, in: $0)
                }
            }
        }
        let chosen = "a:+1,2\nb:-\nc:+\n"
        #expect(isSent("", []) && isSent(chosen, ["A: 1", "X: y", "a:  2 ", "c:"]))
        for lines in [
            [], ["A: 1", "c:"], ["a: 1", "a: 2", "a: 3", "c:"], ["a: 1", "a: 2"], ["a: 1", "a: 2", "b:", "c:"],
            ["a: 2", "a: 1", "c:"], ["a: 1", "a: 2", "c: x"],
        ] { #expect(!isSent(chosen, lines), "\(lines)") }
        func isOfClients(_ names: [String], isPlain: Bool = true) -> Bool {
            withBytes(names.map { $0 + ":-\n" }.joined()) { Selection.isOfClients($0, isPlain: isPlain) }
        }
        #expect(isOfClients(["accept", "x-tenant", "cookie"]) && isOfClients(["accept", "origin"], isPlain: false))
        #expect(!isOfClients(["accept", "x-tenant"], isPlain: false))
        for name in ["x-consumer-username", "x-consumer-groups", "x-credential-id", "forwarded", "x-forwarded-for"] {
            #expect(!isOfClients(["accept", name]), "\(name)")
        }
    }

    @Test("the pairs of Forwarded")
    func forwarded() {
        func parts(_ value: String) -> [String] {
            withBytes(value) { value in
                var (parts, found) = (ForwardedParts(value), [String]())
                while let part = parts.next() { found.append("\(part.name.string)|\(part.value.string)") }
                return found
            }
        }
        #expect(
            parts("for=1.2.3.4;proto=https;host=\"a,b\", host=c ; x") == [
                "for|1.2.3.4", "proto|https", "host|\"a,b\"", "host|c",
            ]
        )
        #expect(parts("").isEmpty && parts(",;;,").isEmpty)
    }

    @Test("an answer fits requests with the same fields as its own")
    func selection() throws {
        func text(_ vary: [String], _ request: [String]) throws -> String? {
            try withFields(vary) { answer in
                try withFields(request) { request in
                    withBlock { block in
                        var writer = ByteWriter(block)
                        return Selection.write(answer, request, to: &writer) ? writer.written.string : nil
                    }
                }
            }
        }
        func fits(_ selection: String, _ request: [String]) throws -> Bool {
            try withFields(request) { request in withBytes(selection) { Selection.matches($0, request) } }
        }
        #expect(try text([], ["A: b"]) == "")
        let chosen = try #require(try text(["Vary: A, b", "Vary: C"], ["a: 1", "A: 2", "C:"]))
        #expect(chosen == "a:+1,2\nb:-\nc:+\n")
        #expect(try fits(chosen, ["C:", "a: 1", "A: 2", "X: y"]) && fits("", ["a: b"]))
        for other in [
            [], ["a: 1", "C:"], ["a: 1,2", "c: x"], ["a: 1", "a: 2"], ["a: 1", "a: 2", "b:", "c:"],
            ["a: 2", "a: 1", "c:"],
            ["a: 1", "a: 2", "a: 3", "c:"], ["a: 1", "c:", "c:", "a: 2"],
        ] { #expect(try !fits(chosen, other), "\(other)") }
        #expect(try text(["Vary: " + (0..<17).map { "h\($0)" }.joined(separator: ",")], []) == nil)
    }
}

@Suite("The store of answers")
struct AnswerStoreTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 0000000000\r\n\r\n"

    /// - Returns: whether the answer was stored.
    private func put(
        _ store: inout AnswerStore,
        _ key: String,
        _ selection: String = "",
        body: String,
        announced: Int = 0,
        hash: UInt64? = nil,
        bytesMax: Int = 1 << 20
    ) -> Bool {
        let hash = hash ?? UInt64(key.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
        let place = withBytes(key) { key in
            withBytes(selection) { selection in
                withBytes(Self.head) { head in
                    store.begin(
                        hash: hash,
                        key: key,
                        selection: selection,
                        head: head,
                        bodyCount: announced,
                        byteCountMax: bytesMax
                    )
                }
            }
        }
        guard place >= 0 else { return false }
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1_000)
            let isKept = withBytes(String(piece)) {
                store.append(place, $0, bodyCountMax: 200_000, byteCountMax: bytesMax)
            }
            guard isKept else {
                store.release(place)
                return false
            }
            rest = rest.dropFirst(1_000)
        }
        store.commit(place)
        return true
    }

    private func find(_ store: AnswerStore, _ key: String, hash: UInt64? = nil) -> [Int32] {
        let hash = hash ?? UInt64(key.utf8.reduce(7) { $0 &* 31 &+ Int($1) })
        var found: [Int32] = []
        var place = store.first(hash)
        while place >= 0 {
            if withBytes(key, { store.isOf(place, hash, $0) }) { found.append(place) }
            place = store.next(place)
        }
        return found
    }

    @Test("what was stored is found, with its length in its head")
    func finding() throws {
        var store = AnswerStore()
        for number in 0..<100 {
            #expect(put(&store, "key\(number)", body: String(repeating: "b", count: 100 * number)))
        }
        for number in 0..<100 {
            let places = find(store, "key\(number)")
            try #require(places.count == 1)
            #expect(store.body(places[0]).count == 100 * number)
            #expect(
                store.head(places[0]).string.hasSuffix(
                    "Content-Length: \(String(10_000_000_000 + 100 * number).dropFirst())\r\n\r\n"
                )
            )
        }
        #expect(find(store, "key100").isEmpty && store.listedCount == 100)
        store.removeAll()
        #expect(store.listedCount == 0 && store.byteCount == 0 && find(store, "key1").isEmpty)
    }

    @Test("keys whose hashes are the same are told apart, and variants are bounded")
    func collisions() throws {
        var store = AnswerStore()
        for number in 0..<40 { #expect(put(&store, "same", "v\(number)", body: "\(number)", hash: 5)) }
        #expect(put(&store, "other", body: "other", hash: 5))
        #expect(put(&store, "same", "v39", body: "again", hash: 5))
        let same = find(store, "same", hash: 5)
        #expect(same.count == Limits.cacheVariantCountMax && store.listedCount == same.count + 1)
        #expect(Set(same.map { store.selection($0).string }).count == same.count)
        #expect(store.body(same[0]).string == "again")
        #expect(find(store, "other", hash: 5).map { store.body($0).string } == ["other"])
    }

    @Test("what was used longest ago makes room, and nothing is freed under who sends it")
    func bounds() throws {
        var store = AnswerStore()
        let body = String(repeating: "b", count: 10_000)
        for number in 0..<8 { #expect(put(&store, "key\(number)", body: body, bytesMax: 100_000)) }
        let used = try #require(find(store, "key0").first)
        store.pin(used)
        for number in 8..<30 { #expect(put(&store, "key\(number)", body: body, bytesMax: 100_000)) }
        #expect(store.byteCount <= 100_000 && store.evictedCount > 0)
        #expect(find(store, "key0") == [used] && find(store, "key1").isEmpty && !find(store, "key29").isEmpty)
        #expect(store.body(used).string == body)
        store.remove(used)
        #expect(find(store, "key0").isEmpty && store.body(used).string == body)
        let before = store.byteCount
        store.release(used)
        #expect(store.byteCount < before)
        // What finds no room costs nobody anything.
        let listed = store.listedCount
        #expect(!put(&store, "large", body: body, announced: 100_001, bytesMax: 100_000))
        #expect(!put(&store, "larger", body: body, announced: 10_000, bytesMax: 5_000))
        #expect(store.listedCount == listed)
        for number in 8..<30 { #expect(put(&store, "key\(number)", body: body, bytesMax: 100_000)) }
        let held = ["key25", "key26", "key27", "key28", "key29"].compactMap { find(store, $0).first }
        try #require(held.count == 5)
        for place in held { store.pin(place) }
        // Half of it is being sent: those go on being found, and the rest makes room.
        for number in 30..<50 { #expect(put(&store, "key\(number)", body: body, bytesMax: 100_000)) }
        for place in held { #expect(store.body(place).string == body) }
        #expect(find(store, "key29") == [held[4]] && !find(store, "key49").isEmpty && store.byteCount <= 100_000)
        let kept = store.listedCount
        #expect(!put(&store, "huge", body: body, announced: 60_000, bytesMax: 100_000))
        #expect(store.listedCount == kept)
        for place in held { store.release(place) }
        store.removeAll()
        #expect(store.byteCount == 0)
    }
}
