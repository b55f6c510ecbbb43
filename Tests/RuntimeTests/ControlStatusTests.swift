import Glibc
import Synchronization
import Testing

@testable import GatewayRuntime

@Suite("The status port", .timeLimit(.minutes(2)))
struct ControlStatusTests {
    @Test(
        "a request is read strictly",
        arguments: [
            ("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n", StatusRequest.page(.ready, isHead: false)),
            ("POST /cache/purge HTTP/1.1\r\nHost: x\r\n\r\n", .purge(path: nil)),
            ("POST /cache/purge?path=/a%20b HTTP/1.1\r\nHost: x\r\n\r\n", .purge(path: Array("/a%20b".utf8))),
            ("POST /cache/purge?path= HTTP/1.1\r\nHost: x\r\n\r\n", .refused(status: 400)),
            ("POST /cache/purge?path=/a&b=c HTTP/1.1\r\nHost: x\r\n\r\n", .purge(path: Array("/a&b=c".utf8))),
            ("POST /cache/purge HTTP/1.1\r\nORIGIN: http://x\r\n\r\n", .refused(status: 403)),
            ("GET /cache/purge HTTP/1.1\r\nHost: x\r\n\r\n", .notPosted),
            ("HEAD /metrics HTTP/1.0\r\n\r\n", .page(.metrics, isHead: true)),
            ("GET /status?pretty HTTP/1.1\r\n\r\nleftover", .page(.status, isHead: false)),
            ("GET /live HTTP/1.1\r\n", .incomplete), ("", .incomplete), ("G", .incomplete),
            ("POST /ready HTTP/1.1\r\n\r\n", .refused(status: 405)),
            ("DELETE /metrics HTTP/1.1\r\n\r\n", .refused(status: 405)),
            ("GET / HTTP/1.1\r\n\r\n", .refused(status: 404)), ("GET /ready/ HTTP/1.1\r\n\r\n", .refused(status: 404)),
            ("POST /nowhere HTTP/1.1\r\n\r\n", .refused(status: 404)),
            ("GET /ready HTTP/2.0\r\n\r\n", .refused(status: 505)), ("GET /ready\r\n\r\n", .refused(status: 400)),
            ("GET  /ready HTTP/1.1\r\n\r\n", .refused(status: 400)),
            ("GET http://x/ready HTTP/1.1\r\n\r\n", .refused(status: 400)),
            ("GET /rea\u{0}dy HTTP/1.1\r\n\r\n", .refused(status: 400)), ("\r\n\r\n", .refused(status: 400)),
            ("GET /ready HTTP/1.1\r\nA: " + String(repeating: "a", count: 8_200), .refused(status: 431)),
        ]
    )
    func parsing(_ text: String, _ expected: StatusRequest) {
        #expect(StatusRequest.parse(Array(text.utf8)) == expected)
        // However it is cut, it is never taken for something else.
        for end in text.utf8.indices where text.utf8.count < 100 {
            let part = StatusRequest.parse(Array(text.utf8[..<end]))
            #expect(part == .incomplete || part == expected)
        }
    }

    @Test("an answer is framed, and HEAD only measures")
    func answers() {
        let answer = StatusAnswer(status: 405, text: "no")
        let text = String(decoding: answer.bytes(isHead: false), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n") && text.hasSuffix("\r\n\r\nno\n"))
        #expect(text.contains("\r\nContent-Length: 3\r\n") && text.contains("\r\nAllow: GET, HEAD\r\n"))
        #expect(String(decoding: answer.bytes(isHead: true), as: UTF8.self).hasSuffix("\r\n\r\n"))
    }

    /// A server on a thread of its own, with a clock that the test can push.
    private final class Rig: @unchecked Sendable {
        let port: UInt16
        private let bound: Listeners.Bound
        private let control = Control()

        final class Control: Sendable {
            let skippedMilliseconds = Atomic<Int64>(0)
            let isOver = Atomic<Bool>(false)
        }

        init() throws {
            var adopted = AdoptedSockets()
            bound = try Listeners.openAlone(Endpoint(host: "127.0.0.1", port: 0), adopting: &adopted)
            port = bound.endpoint.port
            let (descriptor, control) = (bound.descriptors[0], control)
            #expect(Thread.start(name: "status") { Rig.serve(descriptor, control) } == 0)
        }

        deinit { control.isOver.store(true, ordering: .relaxed) }

        /// Lets the server's clock jump.
        func skip(milliseconds: Int64) { control.skippedMilliseconds.add(milliseconds, ordering: .relaxed) }

        private static func serve(_ listener: Int32, _ control: Control) {
            var server = StatusServer(listener: listener)
            let large = [UInt8](repeating: 0x61, count: 8_000_000)
            while !control.isOver.load(ordering: .relaxed) {
                let now = Clock.monotonicMilliseconds + control.skippedMilliseconds.load(ordering: .relaxed)
                var entries = server.interests(now: now)
                poll(&entries, nfds_t(entries.count), 5)
                for (descriptor, question) in server.receive(entries[...], now: now) {
                    let body =
                        switch question {
                        case .page(.metrics): large
                        case .page(let page): Array(page.rawValue.utf8)
                        case .purge(let path): path ?? Array("all".utf8)
                        }
                    server.answer(descriptor, StatusAnswer(status: 200, body: body), now: now)
                }
            }
        }
    }

    @Test("it answers what is asked byte by byte, and much at once")
    func serving() throws {
        let rig = try Rig()
        let slow = try SocketClient(port: rig.port)
        for character in "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n" {
            slow.send(String(character))
            usleep(500)
        }
        #expect(slow.receiveAll().hasSuffix("\r\n\r\n/ready"))
        #expect(try SocketClient.get("/metrics", port: rig.port).utf8.count > 8_000_000)
        #expect(try SocketClient.get("/nowhere", port: rig.port).hasPrefix("HTTP/1.1 404 "))
        let head = try SocketClient(port: rig.port)
        head.send("HEAD /metrics HTTP/1.1\r\n\r\n")
        let text = head.receiveAll()
        #expect(text.contains("Content-Length: 8000000\r\n") && text.hasSuffix("\r\n\r\n"))
        let large = try SocketClient(port: rig.port)
        large.send("GET /live HTTP/1.1\r\nA: " + String(repeating: "a", count: 9_000))
        #expect(large.receiveAll().hasPrefix("HTTP/1.1 431 "))
        let body = try SocketClient(port: rig.port)
        body.send("POST /live HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
        #expect(body.receiveAll().hasPrefix("HTTP/1.1 405 "), "the answer arrives although a body was not read")
    }

    @Test("who says nothing, or half, or does not read is cut at the deadline")
    func deadlines() throws {
        let rig = try Rig()
        let silent = try SocketClient(port: rig.port)
        let half = try SocketClient(port: rig.port)
        half.send("GET /live HTT")
        let lazy = try SocketClient(port: rig.port)
        lazy.send("GET /metrics HTTP/1.1\r\n\r\n")
        #expect(try SocketClient.get("/live", port: rig.port).hasPrefix("HTTP/1.1 200 "))
        usleep(50_000)
        rig.skip(milliseconds: StatusServer.requestMilliseconds)
        #expect(silent.receiveAll() == "" && half.receiveAll() == "")
        rig.skip(milliseconds: StatusServer.answerMilliseconds)
        usleep(100_000)
        let answer = lazy.receiveAll()
        #expect(answer.utf8.count < 8_000_000 && !answer.hasSuffix("<open>"))
    }

    @Test("however many are silent, the next one is answered")
    func crowd() throws {
        let rig = try Rig()
        let silent = try (0..<200).map { _ in try SocketClient(port: rig.port) }
        #expect(try SocketClient.get("/ready", port: rig.port).hasPrefix("HTTP/1.1 200 "))
        #expect(silent[0].receiveAll() == "", "the oldest gave way")
    }
}
