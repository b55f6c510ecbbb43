import Foundation
import Testing

@testable import GatewayRuntime

@Suite("Another bundle is noticed", .timeLimit(.minutes(2)))
struct ControlWatchTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs a watch as the control loop does, on the real clock.
    private final class Rig {
        var watch: BundleWatch

        init(_ bundle: String) {
            watch = BundleWatch(bundle: bundle, now: Clock.monotonicMilliseconds)
            watch.note(watch.present)
        }

        /// - Returns: after how many milliseconds a change was seen and noted; `nil` if none was.
        func wait(_ limit: Int64, usesEvents: Bool = true) -> Int64? {
            let start = Clock.monotonicMilliseconds
            while true {
                let now = Clock.monotonicMilliseconds
                guard now < start + limit else { return nil }
                if watch.isChanged(now: now) {
                    watch.note(watch.present)
                    return now - start
                }
                var entry = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
                poll(&entry, usesEvents ? 1 : 0, Int32(min(max(watch.deadline - now, 0), 50)))
                if usesEvents, entry.revents != 0 { watch.takeEvents(now: Clock.monotonicMilliseconds) }
            }
        }
    }

    @Test("a file renamed in is noticed at once, whether the bundle is named by its directory or its table")
    func renamed() throws {
        try folder.replace("gateway.apib", with: [1])
        for bundle in [folder.path, folder.path + "/", folder.file("gateway.apib")] {
            let rig = Rig(bundle)
            #expect(rig.wait(60) == nil)
            try folder.replace("gateway.apib", with: [2])
            let delay = try #require(rig.wait(3_000))
            #expect(delay < 500, "by an event, not by the look every second")
        }
    }

    @Test("a change of the same size in place is noticed, other files are not")
    func inPlace() throws {
        try folder.overwrite("gateway.apib", with: [1, 2, 3])
        let rig = Rig(folder.path)
        try folder.overwrite("manifest.json", with: [1])
        #expect(rig.wait(300) == nil)
        try folder.overwrite("gateway.apib", with: [3, 2, 1])
        #expect(rig.wait(3_000) != nil)
        #expect(rig.wait(300) == nil)
    }

    @Test("Kubernetes' swap of the `..data` link is noticed at once")
    func kubernetes() throws {
        let manager = FileManager.default
        for version in ["..1", "..2"] {
            try manager.createDirectory(atPath: folder.file(version), withIntermediateDirectories: true)
            try folder.overwrite("\(version)/gateway.apib", with: Array(version.utf8))
        }
        try manager.createSymbolicLink(atPath: folder.file("..data"), withDestinationPath: "..1")
        try manager.createSymbolicLink(atPath: folder.file("gateway.apib"), withDestinationPath: "..data/gateway.apib")
        let rig = Rig(folder.path)
        try manager.createSymbolicLink(atPath: folder.file("..data_tmp"), withDestinationPath: "..2")
        #expect(rename(folder.file("..data_tmp"), folder.file("..data")) == 0)
        let delay = try #require(rig.wait(3_000))
        #expect(delay < 500)
    }

    @Test("a directory replaced as a whole, or the link to it, is noticed by the look, and followed from then on")
    func replacedDirectory() throws {
        let manager = FileManager.default
        for version in ["r1", "r2"] {
            try manager.createDirectory(atPath: folder.file(version), withIntermediateDirectories: true)
            try folder.overwrite("\(version)/gateway.apib", with: Array(version.utf8))
        }
        try manager.createSymbolicLink(atPath: folder.file("current"), withDestinationPath: "r1")
        let rig = Rig(folder.file("current"))
        try manager.createSymbolicLink(atPath: folder.file("next"), withDestinationPath: "r2")
        #expect(rename(folder.file("next"), folder.file("current")) == 0)
        #expect(rig.wait(3_000) != nil)
        try folder.replace("r2/gateway.apib", with: [9])
        let delay = try #require(rig.wait(3_000))
        #expect(delay < 500)
    }

    @Test("without events the look every second is enough")
    func polling() throws {
        try folder.replace("gateway.apib", with: [1])
        let rig = Rig(folder.path)
        try folder.replace("gateway.apib", with: [2])
        #expect(rig.wait(3_000, usesEvents: false) != nil)
    }

    @Test("a burst of events is one change, and an endless one does not hide it")
    func bursts() throws {
        try folder.replace("gateway.apib", with: [1])
        let rig = Rig(folder.path)
        let start = Clock.monotonicMilliseconds
        var now = start
        var seenAt: Int64?
        while seenAt == nil, now < start + 3_000 {
            try folder.overwrite("noise", with: [UInt8(truncatingIfNeeded: now)])
            try folder.replace("gateway.apib", with: [2])
            rig.watch.takeEvents(now: now)
            if rig.watch.isChanged(now: now) { seenAt = now }
            usleep(5_000)
            now = Clock.monotonicMilliseconds
        }
        let delay = try #require(seenAt) - start
        #expect(delay >= 15 && delay < 600)
    }
}
