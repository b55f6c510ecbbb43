import Foundation
import GatewayTable
import Testing

@testable import GatewayRuntime

@Suite("The access log's ring and its writer", .timeLimit(.minutes(2)))
struct TelemetryRingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private struct Rig {
        let sleep: AccessLogSleep
        let rings: [AccessLogRing]
        let writer: AccessLogWriter

        init(path: String, workerCount: Int) throws {
            let sleep = try #require(AccessLogSleep.make())
            self.sleep = sleep
            rings = try (0..<workerCount).map { _ in try #require(AccessLogRing.make(sleep: sleep)) }
            writer = AccessLogWriter(path: path, rings: rings, sleep: sleep, log: ProcessLog(descriptor: -1))
        }
    }

    private static func put(_ text: String, to ring: AccessLogRing) -> Bool {
        let bytes = Array(text.utf8)
        guard let room = ring.reserve(bytes.count) else { return false }
        room.update(from: bytes, count: bytes.count)
        ring.commit(bytes.count)
        return true
    }

    private func content(_ name: String) -> String {
        (try? String(contentsOfFile: folder.file(name), encoding: .utf8)) ?? ""
    }

    @Test("producers on threads, one writer: every line is whole, in order, and written or counted")
    func concurrent() throws {
        let rig = try Rig(path: folder.file("log"), workerCount: 3)
        #expect(rig.writer.start() == 0)
        let lineCount = 60_000
        let group = DispatchGroup()
        for (index, ring) in rig.rings.enumerated() {
            DispatchQueue.global().async(group: group) {
                for number in 0..<lineCount {
                    // Lines of many lengths, so that they wrap around everywhere.
                    let text = "\(index) \(number) \(String(repeating: "x", count: number % 97))\n"
                    _ = TelemetryRingTests.put(text, to: ring)
                    // Let the writer fall asleep now and then.
                    if number % 20_000 == 19_999 { usleep(60_000) }
                }
            }
        }
        group.wait()
        #expect(rig.writer.stop(withinMilliseconds: 10_000))
        var last = [-1, -1, -1]
        var written = 0
        for line in content("log").split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3, let index = Int(words[0]), let number = Int(words[1]) else {
                Issue.record("a torn line: \(line)")
                return
            }
            #expect(number > last[index] && words[2].count == number % 97)
            last[index] = number
            written += 1
        }
        #expect(written + Int(rig.writer.droppedCount) == 3 * lineCount)
        #expect(written > lineCount)
    }

    @Test("a line is written soon even when the writer sleeps")
    func wakes() throws {
        let rig = try Rig(path: folder.file("log"), workerCount: 1)
        #expect(rig.writer.start() == 0)
        for number in 0..<5 {
            usleep(80_000)
            #expect(TelemetryRingTests.put("line \(number)\n", to: rig.rings[0]))
            #expect(eventually(withinMilliseconds: 1_000) { content("log").hasSuffix("line \(number)\n") })
        }
        #expect(rig.writer.stop(withinMilliseconds: 1_000))
    }

    @Test("a full ring drops and counts, and goes on when there is room")
    func full() throws {
        let rig = try Rig(path: folder.file("log"), workerCount: 1)
        let ring = rig.rings[0]
        let text = String(repeating: "y", count: 1_023) + "\n"
        let taken = (0..<2_000).filter { _ in TelemetryRingTests.put(text, to: ring) }.count
        #expect(taken == AccessLogRing.byteCount / 1_024)
        #expect(ring.droppedCount == UInt64(2_000 - taken))
        #expect(rig.writer.start() == 0)
        #expect(eventually { ring.pending.isEmpty })
        #expect(TelemetryRingTests.put("after\n", to: ring))
        #expect(rig.writer.stop(withinMilliseconds: 1_000))
        #expect(content("log").utf8.count == taken * 1_024 + 6)
    }

    @Test("a moved log is opened again on demand; another path takes over")
    func reopens() throws {
        let rig = try Rig(path: folder.file("log"), workerCount: 1)
        #expect(rig.writer.start() == 0)
        #expect(TelemetryRingTests.put("one\n", to: rig.rings[0]))
        #expect(eventually { content("log") == "one\n" })
        #expect(rename(folder.file("log"), folder.file("log.1")) == 0)
        #expect(TelemetryRingTests.put("two\n", to: rig.rings[0]))
        #expect(eventually { content("log.1") == "one\ntwo\n" })
        rig.writer.reopen()
        #expect(eventually { FileManager.default.fileExists(atPath: folder.file("log")) })
        #expect(TelemetryRingTests.put("three\n", to: rig.rings[0]))
        #expect(eventually { content("log") == "three\n" })
        rig.writer.setPath(folder.file("other"))
        #expect(eventually { FileManager.default.fileExists(atPath: folder.file("other")) })
        #expect(TelemetryRingTests.put("four\n", to: rig.rings[0]))
        #expect(rig.writer.stop(withinMilliseconds: 1_000))
        #expect(content("other") == "four\n" && content("log") == "three\n")
    }

    @Test("an output that fails loses lines, counted, and harms nobody")
    func failingOutput() throws {
        let rig = try Rig(path: "/dev/full", workerCount: 1)
        #expect(rig.writer.start() == 0)
        for number in 0..<10 { #expect(TelemetryRingTests.put("\(number)\n", to: rig.rings[0])) }
        #expect(eventually { rig.writer.droppedCount == 10 })
        rig.writer.setPath(folder.file("log"))
        #expect(eventually { FileManager.default.fileExists(atPath: folder.file("log")) })
        #expect(TelemetryRingTests.put("good\n", to: rig.rings[0]))
        #expect(rig.writer.stop(withinMilliseconds: 1_000))
        #expect(content("log") == "good\n")
    }

    @Test("an output that takes nothing holds up neither the worker nor the end")
    func stuckOutput() throws {
        #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
        let reader = open(folder.file("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let rig = try Rig(path: folder.file("fifo"), workerCount: 1)
        #expect(rig.writer.start() == 0)
        let text = String(repeating: "z", count: 999) + "\n"
        for _ in 0..<5_000 { _ = TelemetryRingTests.put(text, to: rig.rings[0]) }
        #expect(rig.rings[0].droppedCount > 0)
        #expect(!rig.writer.stop(withinMilliseconds: 100))
    }
}
