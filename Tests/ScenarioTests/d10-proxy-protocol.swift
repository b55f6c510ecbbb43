import Foundation
import TestSupport
import Testing

/// Connections that a proxy hands over, with a header that says whose they are.
@Suite("d10 listeners: PROXY protocol")
struct ProxyProtocol {
    static let four = Array("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n".utf8)
    static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    /// From 2001:db8::7, with a value of a kind that nobody knows.
    static let six =
        signature + [0x21, 0x21, 0, 40, 0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [7]
        + [UInt8](repeating: 0, count: 16) + [0x12, 0x67, 0x01, 0xBB] + [0xEE, 0, 1, 0x78]
    static let own = signature + [0x20, 0, 0, 0]

    static func gateway(_ upstream: ScriptedUpstream, head: String = "20s") throws -> RunningGateway {
        let networks = "trusted-proxies: [ 198.51.100.0/24 ]"
        let top = "listen: { proxy-protocol: true, timeouts: { head: \(head) }, \(networks) }"
        return try RunningGateway(PlainSpec.text(upstream, top: top))
    }

    @Test("both versions say who the peer is: to the upstream, to the log and to trust, whole and byte by byte")
    func peers() throws {
        let upstream = try ScriptedUpstream { try $0.answer(200, [], $0.request["X-Forwarded-For"] ?? "") }
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream)
        let cases: [([UInt8], String, String)] = [
            (Self.four, "203.0.113.7", "for=203.0.113.7;"), (Self.six, "2001:db8::7", "for=\"[2001:db8::7]\";"),
            (Self.own, "127.0.0.1", "for=127.0.0.1;"),
            (Array("PROXY UNKNOWN\r\n".utf8), "127.0.0.1", "for=127.0.0.1;"),
        ]
        for (header, peer, forwarded) in cases {
            for isDripped in [false, true] {
                let wire = try gateway.connect()
                let request = WireRequest("GET /", ["X-Forwarded-For: 10.9.9.9"])
                if isDripped {
                    for byte in header {
                        try wire.send([byte])
                        usleep(300)
                    }
                    try wire.send(request.text)
                } else {
                    try wire.send(header + Array(request.text.utf8))
                }
                #expect(try wire.receiveAnswer().text == peer)
                #expect(upstream.requests.last?["Forwarded"]?.hasPrefix(forwarded) == true)
                // It stands at the beginning only.
                #expect(try wire.ask(request).text == peer)
                try wire.send(header)
                try wire.send(request.text)
                #expect(try wire.receiveAnswer().status == 400)
                #expect(wire.isClosed())
            }
        }
        #expect(gateway.program.wait(20) { gateway.accessLog.count == 24 })
        #expect(
            Set(gateway.accessLog.compactMap { $0["client"] as? String }) == [
                "203.0.113.7", "2001:db8::7", "127.0.0.1",
            ]
        )
        // A peer that the spec trusts is trusted by the address that the header says.
        let trusted = try gateway.connect()
        try trusted.send("PROXY TCP4 198.51.100.9 192.0.2.1 1 2\r\n")
        _ = try trusted.ask(WireRequest("GET /", ["X-Forwarded-For: 10.9.9.9"]))
        #expect(upstream.requests.last?.values("X-Forwarded-For").joined(separator: ", ") == "10.9.9.9, 198.51.100.9")
    }

    @Test("limits by address count the address that the header says")
    func limits() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try RunningGateway(
            PlainSpec.text(
                [upstream.port],
                top: "listen: { proxy-protocol: true }",
                plugins: "[ { rate-limit: { limit: 1/hour, by: address } } ]"
            )
        )
        func status(_ address: String) throws -> Int {
            let wire = try gateway.connect()
            try wire.send("PROXY TCP4 \(address) 192.0.2.1 1 2\r\n")
            return try wire.ask(WireRequest("GET /")).status
        }
        #expect(try status("203.0.113.1") == 200)
        #expect(try status("203.0.113.1") == 429)
        #expect(try status("203.0.113.2") == 200)
    }

    @Test("whoever does not begin with a header is closed without a word, and others are served meanwhile")
    func strangers() throws {
        let upstream = try ScriptedUpstream()
        defer { upstream.stop() }
        let gateway = try Self.gateway(upstream, head: "2s")
        let good = try gateway.connect()
        try good.send(Self.four)
        let garbage: [[UInt8]] = [
            Array(WireRequest("GET /").text.utf8), Array("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\nGET".utf8),
            Array(Self.signature.prefix(11)) + [0], Self.signature + [0x21, 0x11, 0xFF, 0xFF],
            [0x16, 0x03, 0x01, 0, 5],
            [UInt8](repeating: 0x50, count: 300),
        ]
        for bytes in garbage {
            let wire = try gateway.connect()
            try wire.send(bytes)
            #expect(wire.isClosed(within: 20), "\(bytes.prefix(20))")
            #expect(try good.ask(WireRequest("GET /")).status == 200)
        }
        // A part of a header, and then the end or nothing.
        for isEnded in [true, false] {
            let wire = try gateway.connect()
            try wire.send(Array(Self.six.prefix(20)))
            if isEnded { wire.endSending() }
            #expect(wire.isClosed(within: 20))
        }
        let silent = try gateway.connect()
        #expect(silent.isClosed(within: 20))
        #expect(gateway.waits(for: "apic_proxy_headers_refused_total", toBe: Double(garbage.count + 1)))
        good.close()
        #expect(gateway.waits(for: "apic_client_connections", toBe: 0))
    }
}
