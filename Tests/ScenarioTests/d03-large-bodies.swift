import Foundation
import TestSupport
import Testing

/// A gibibyte each way through constant memory, and slow sides that slow the fast ones.
@Suite("d03 HTTP/1.1: large bodies")
struct LargeBodies {
    static let gibibyte = 1 << 30
    /// Its length is a prime, so that no block of the way has it as a period: bytes out of place show.
    static let block: [UInt8] = {
        var random = SeededRandom(seed: 7)
        return (0..<1_048_573).map { _ in UInt8.random(in: 0...255, using: &random) }
    }()
    /// What the gateway may hold at most, of everything.
    static let residentBytesMax = 96 << 20

    /// Sends so many bytes of the repeated block.
    static func send(_ count: Int, on wire: Wire) throws {
        var rest = count
        while rest > 0 {
            let part = min(rest, block.count)
            try wire.send(part == block.count ? block : Array(block[..<part]))
            rest -= part
        }
    }

    /// Receives so many bytes and compares them with the repeated block.
    ///
    /// - Returns: whether all were as sent.
    static func receive(_ count: Int, on wire: Wire) throws -> Bool {
        var offset = 0
        while offset < count {
            let bytes = try wire.receive(countMax: min(count - offset, 262_144))
            guard !bytes.isEmpty else { return false }
            let start = offset % block.count
            let first = min(bytes.count, block.count - start)
            let isEqual = bytes.withUnsafeBytes { got in
                block.withUnsafeBytes { expected in
                    guard let got = got.baseAddress, let expected = expected.baseAddress else { return false }
                    return memcmp(got, expected + start, first) == 0
                        && memcmp(got + first, expected, bytes.count - first) == 0
                }
            }
            guard isEqual else { return false }
            offset += bytes.count
        }
        return true
    }

    @Test("1 GiB up and 1 GiB down, in constant memory", .timeLimit(.minutes(3)))
    func gibibytes() throws {
        let received = Latch<Bool>()
        let upstream = try ScriptedUpstream { turn in
            if turn.request.method == "PUT" {
                turn.skipBody()
                received.set(try Self.receive(Self.gibibyte, on: turn.wire))
                try turn.answer(200, [], "taken")
            } else {
                try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.gibibyte)\r\n\r\n")
                try Self.send(Self.gibibyte, on: turn.wire)
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        try wire.send("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.gibibyte)\r\n\r\n")
        try Self.send(Self.gibibyte, on: wire)
        #expect(try wire.receiveAnswer().text == "taken")
        #expect(received.wait(1) == true)
        try wire.send("GET /down HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try wire.receiveHead()["Content-Length"] == "\(Self.gibibyte)")
        #expect(try Self.receive(Self.gibibyte, on: wire))
        #expect(gateway.peakResidentBytes > 0)
        #expect(gateway.peakResidentBytes < Self.residentBytesMax)
        let line = gateway.program.wait { gateway.accessLog.count == 2 }
        #expect(line)
        #expect(gateway.accessLog.map { $0["bytes_in"] as? Int } == [Self.gibibyte, 0])
        #expect(gateway.accessLog.map { $0["bytes_out"] as? Int } == [5, Self.gibibyte])
    }

    @Test("a client that does not read holds up the upstream, not the gateway's memory")
    func slowReader() throws {
        let sent = Counter()
        let upstream = try ScriptedUpstream { turn in
            try turn.wire.send("HTTP/1.1 200 OK\r\nContent-Length: \(256 << 20)\r\n\r\n")
            for _ in 0..<256 {
                try turn.wire.send([UInt8](repeating: 7, count: 1 << 20))
                sent.add(1)
            }
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect(receiveBuffer: 65_536)
        try wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try wire.receiveHead()
        // The upstream comes to rest with what the kernel's buffers take.
        let stuck = sent.settled()
        #expect(stuck < 64)
        #expect(gateway.peakResidentBytes < Self.residentBytesMax)
        // Others are served meanwhile.
        #expect(try gateway.status("/ready").status == 200)
        var count = 0
        while count < 256 << 20 {
            let bytes = try wire.receive(countMax: 1 << 20)
            try #require(!bytes.isEmpty)
            count += bytes.count
        }
        #expect(count == 256 << 20)
        #expect(gateway.peakResidentBytes < Self.residentBytesMax)
    }

    @Test("an upstream that does not read holds up the client, not the gateway's memory")
    func slowUpstream() throws {
        let size = 128 << 20
        let go = Latch<Bool>()
        let upstream = try ScriptedUpstream(receiveBuffer: 65_536) { turn in
            _ = go.wait(30)
            turn.skipBody()
            var count = 0
            while count < size { count += try turn.wire.receive(countMax: 1 << 20).count }
            try turn.answer(200, [], "\(count)")
        }
        defer { upstream.stop() }
        let gateway = try RunningGateway(PlainSpec.text(upstream))
        let wire = try gateway.connect()
        try wire.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
        let sent = Counter()
        let sender = Latch<Bool>()
        Thread.detachNewThread {
            for _ in 0..<128 where wire.trySend([UInt8](repeating: 7, count: 1 << 20)) { sent.add(1) }
            sender.set(true)
        }
        #expect(sent.settled() < 64)
        #expect(gateway.peakResidentBytes < Self.residentBytesMax)
        go.set(true)
        #expect(sender.wait(30) == true)
        #expect(try wire.receiveAnswer().text == "\(size)")
    }
}
