import Foundation
import GatewayIR
import GatewayTable
import Testing

@testable import GatewayRuntime

@Suite("Telemetry")
struct TelemetryTests {
    private func line(fields: UInt32 = .max, _ fill: (inout AccessLogLine) -> Void) -> String {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 65_536)
        defer { memory.deallocate() }
        var line = AccessLogLine()
        fill(&line)
        var writer = LineWriter(memory)
        line.write(to: &writer, fields: fields)
        return String(decoding: UnsafeBufferPointer(start: memory, count: writer.count), as: UTF8.self)
    }

    @Test("bits and keys of the log's fields are those of the spec")
    func fieldsAgree() throws {
        #expect(AccessLogFieldBit.allCases.map(\.rawValue) == AccessLogField.allCases.map { UInt32($0.rawValue) })
        let text = line { line in
            line.requestID = TableBytes("r-1")
            line.client = TableBytes("192.0.2.7")
            line.method = TableBytes("GET")
            line.path = TableBytes("/orders/7")
            line.route = TableBytes("/orders/{id}")
            line.api = TableBytes("orders")
            line.version = TableBytes("v1")
            line.consumer = TableBytes("acme")
            line.upstream = TableBytes("127.0.0.1:80")
            line.upstreamDurationMicroseconds = 5
            line.refusedBy = TableBytes("acl")
            line.reason = TableBytes("group")
            line.traceID = TableBytes("4bf92f3577b34da6a3ce929d0e0e4736")
        }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let keys = AccessLogField.allCases.map { $0.name.replacing("-", with: "_") }
        #expect(Set(object.keys) == Set(keys))
        // In the order of the fields, on one line.
        let positions = keys.compactMap { text.range(of: "\"\($0)\":")?.lowerBound }
        #expect(positions == positions.sorted() && positions.count == keys.count)
        #expect(text.hasSuffix("}\n") && text.filter { $0 == "\n" }.count == 1)
    }

    @Test("a line is exactly what the mask says")
    func mask() {
        let full: (inout AccessLogLine) -> Void = { line in
            line.epochMilliseconds = 1_798_761_599_042
            line.path = TableBytes("/a")
            line.status = 204
            line.durationMicroseconds = 1_000_042
            line.bytesOut = .max
        }
        func bits(_ fields: [AccessLogFieldBit]) -> UInt32 { fields.reduce(0) { $0 | 1 << $1.rawValue } }
        #expect(line(fields: bits([.time]), full) == "{\"time\":\"2026-12-31T23:59:59.042Z\"}\n")
        #expect(line(fields: bits([.status, .duration]), full) == "{\"status\":204,\"duration\":1.000042}\n")
        #expect(
            line(fields: bits([.path, .bytesOut]), full) == "{\"path\":\"/a\",\"bytes_out\":18446744073709551615}\n"
        )
        #expect(line(fields: 0, full) == "{}\n")
    }

    @Test("whatever bytes come, a line is one line of valid JSON that says the same")
    func escapes() throws {
        let hostile: [[UInt8]] = [
            Array("\"quoted\\back\u{7F}\n\r\t\u{1}slash\"".utf8), Array("żółć 🦉 plain long enough for words".utf8),
            [0xC0, 0x80, 0x41], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], Array(0...255),
            [0xF0, 0x9F, 0xA6, 0x89, 0xFF], Array("aaaaaaa\"".utf8), Array("aaaaaaaa\u{1f}".utf8),
        ]
        for bytes in hostile {
            let text = bytes.withUnsafeBufferPointer { buffer in
                line { line in
                    if let base = buffer.baseAddress { line.path = TableBytes(base: base, count: buffer.count) }
                }
            }
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(text.utf8.filter { $0 == 0x0A }.count == 1)
            guard let exact = String(validating: bytes, as: UTF8.self) else {
                #expect((object["path"] as? String)?.contains("\u{FFFD}") == true)
                continue
            }
            #expect(object["path"] as? String == exact)
        }
    }

    @Test("long texts are cut, and the line stays within its bound")
    func bound() {
        let long = [UInt8](repeating: 1, count: 60_000)
        let text = long.withUnsafeBufferPointer { buffer in
            line { line in
                if let base = buffer.baseAddress { line.path = TableBytes(base: base, count: buffer.count) }
            }
        }
        #expect(text.utf8.count < 6 * 4_096 + 640)
    }

    private static let durations: [UInt64] =
        [0, .max] + WorkerMetrics.bucketBounds.flatMap { [UInt64($0) - 1, UInt64($0), UInt64($0) + 1] }

    @Test("a duration falls into the first bucket whose bound it does not exceed", arguments: durations)
    func buckets(_ duration: UInt64) {
        let naive = WorkerMetrics.bucketBounds.firstIndex { duration <= UInt64($0) } ?? WorkerMetrics.bucketBounds.count
        #expect(WorkerMetrics.bucket(ofMicroseconds: duration) == naive)
    }

    @Test("counts land where they belong, in the last series as in the first")
    func counts() throws {
        let metrics = try #require(WorkerMetrics.make())
        defer { metrics.deallocate() }
        let last = UInt32(WorkerMetrics.seriesCountMax - 1)
        for series in [0, 1, last] {
            metrics.countRequest(
                series: series,
                statusClass: 2,
                durationMicroseconds: 700,
                bytesIn: 3,
                bytesOut: UInt64(series)
            )
        }
        metrics.add(.clientsOpen, 3)
        metrics.subtract(.clientsOpen)
        var totals = SeriesTotals()
        metrics.read(series: last, into: &totals)
        #expect(totals.classes == [0, 0, 1, 0, 0, 0] && totals.buckets[1] == 1 && totals.requestCount == 1)
        #expect(totals.durationMicroseconds == 700 && totals.bytesIn == 3 && totals.bytesOut == UInt64(last))
        #expect(metrics.value(.clientsOpen) == 2 && metrics.value(.clientsAccepted) == 0)
    }

    @Test("metrics text escapes labels and writes seconds without noise")
    func metricsText() {
        var writer = MetricsWriter()
        writer.family("a_total", .counter, "Help.")
        writer.sample("a_total", ["x": "q\"b\\n\nend", "y": ""], 7)
        writer.sample("b_seconds", [:], microseconds: 2_500)
        let expected =
            "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"q\\\"b\\\\n\\nend\",y=\"\"} 7\nb_seconds 0.0025\n"
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        #expect([500, 1_000_000, 10_000_000, 0].map(MetricsWriter.seconds) == ["0.0005", "1", "10", "0"])
    }

    @Test("an event of the process is one line of JSON")
    func processLog() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        ProcessLog(descriptor: ends[1]).error("refused", ["reason": "a \"bad\"\nline"])
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(ends[0], &buffer, buffer.count)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(buffer[..<max(count, 0)])) as? [String: String]
        )
        #expect(object["level"] == "error" && object["message"] == "refused" && object["reason"] == "a \"bad\"\nline")
        #expect(buffer[count - 1] == 0x0A && object["time"]?.hasSuffix("Z") == true)
    }
}
