import Foundation
import GatewayEmitters
import TestSupport
import Testing
import apic

@Suite("Writing a bundle")
struct BundleWriterTests {
    private static func artifacts(_ text: String, nodes: [String] = ["a", "b"]) -> [Artifact] {
        let mark = "\(Bundle.generatedMark)\n\(text)"
        let files =
            [Artifact(path: "docker-compose.yml", bytes: Array(mark.utf8))]
            + nodes.map { Artifact(path: "nodes/\($0).env", bytes: Array(mark.utf8)) }
        let table = Artifact(path: Bundle.tablePath, bytes: Array("APIB\(text)".utf8))
        let entries = (files + [table]).map { #"{ "path": "\#($0.path)" }"# }.joined(separator: ", ")
        let manifest = "{\n  \"manifest\": 1,\n  \"artifacts\": [\(entries)] }"
        return files + [Artifact(path: Bundle.manifestPath, bytes: Array(manifest.utf8)), table]
    }

    private static func inode(_ folder: ScratchFolder) throws -> UInt64? {
        try FileManager.default.attributesOfItem(atPath: folder.path)[.systemFileNumber] as? UInt64
    }

    @Test("makes the folder and leaves nothing else in it")
    func fresh() throws {
        let folder = try ScratchFolder()
        try BundleWriter(path: folder.path + "/some/dist").write(Self.artifacts("1"))
        #expect(
            try folder.files() == [
                "some/dist/docker-compose.yml", "some/dist/gateway.apib", "some/dist/manifest.json",
                "some/dist/nodes/a.env", "some/dist/nodes/b.env",
            ]
        )
    }

    @Test("replaces the previous bundle, keeps the folder, removes what is stale and nothing foreign")
    func again() throws {
        let folder = try ScratchFolder()
        let writer = BundleWriter(path: folder.path)
        try writer.write(Self.artifacts("1"))
        try folder.write("mine", to: "notes.txt")
        try folder.write("mine", to: "nodes/mine.env")
        let inode = try Self.inode(folder)
        try writer.write(Self.artifacts("2", nodes: ["b", "c"]))

        #expect(try Self.inode(folder) == inode)
        #expect(folder.text("gateway.apib") == "APIB2")
        #expect(folder.text("nodes/b.env")?.hasSuffix("2") == true)
        #expect(folder.text("nodes/c.env")?.hasSuffix("2") == true)
        #expect(!folder.exists("nodes/a.env"))
        #expect(folder.text("notes.txt") == "mine")
        #expect(folder.text("nodes/mine.env") == "mine")
        #expect(try folder.files().count == 7)
    }

    @Test("removes a folder that became empty")
    func emptied() throws {
        let folder = try ScratchFolder()
        let writer = BundleWriter(path: folder.path)
        try writer.write(Self.artifacts("1"))
        try writer.write(Self.artifacts("2", nodes: []))
        #expect(!folder.exists("nodes"))
    }

    @Test("undoes everything if it cannot finish")
    func rollback() throws {
        let folder = try ScratchFolder()
        let writer = BundleWriter(path: folder.path)
        try writer.write(Self.artifacts("1"))
        let before = try folder.files().map { "\($0): \(folder.text($0) ?? "")" }

        // The name fits into no folder; that comes to light only when everything before it is in place.
        var artifacts = Self.artifacts("2", nodes: ["new"])
        artifacts.insert(Artifact(path: String(repeating: "x", count: 300), bytes: [1]), at: artifacts.count - 1)
        let error = #expect(throws: FileFailure.self) { try writer.write(artifacts) }
        #expect(error?.description.contains("what was there is unchanged") == true)
        #expect(try folder.files().map { "\($0): \(folder.text($0) ?? "")" } == before)
    }

    @Test(
        "refuses to replace a file that no build wrote",
        arguments: ["docker-compose.yml", "manifest.json", "gateway.apib"]
    )
    func foreign(_ path: String) throws {
        let folder = try ScratchFolder()
        try folder.write("mine", to: path)
        let error = #expect(throws: FileFailure.self) { try BundleWriter(path: folder.path).write(Self.artifacts("1")) }
        #expect(error?.description.contains("`\(folder.path)/\(path)` was not written by apic") == true)
        #expect(try folder.files() == [path])
        #expect(folder.text(path) == "mine")
    }

    @Test("goes on after a build that was killed before its manifest")
    func resumed() throws {
        let folder = try ScratchFolder()
        try folder.write("\(Bundle.generatedMark) 0.0", to: "docker-compose.yml")
        try folder.write("half", to: ".apic-build-1/new-0")
        try BundleWriter(path: folder.path).write(Self.artifacts("1"))
        #expect(try folder.files().count == 5)
    }

    @Test(
        "is not led out of the folder by a manifest",
        arguments: ["../precious", "nodes/../../precious", "/etc/hostname"]
    )
    func escape(_ path: String) throws {
        let outer = try ScratchFolder()
        try outer.write("keep", to: "precious")
        let manifest = "{\n  \"manifest\": 1,\n  \"artifacts\": [{ \"path\": \"\(path)\" }] }"
        try outer.write(manifest, to: "dist/manifest.json")
        try BundleWriter(path: outer.path + "/dist").write(Self.artifacts("1"))
        #expect(outer.text("precious") == "keep")
    }

    @Test("does not follow a link out of the folder")
    func link() throws {
        let outer = try ScratchFolder()
        try outer.write("keep", to: "elsewhere/a.env")
        try FileManager.default.createDirectory(atPath: outer.path + "/dist", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: outer.path + "/dist/nodes",
            withDestinationPath: "../elsewhere"
        )
        #expect(throws: FileFailure.self) { try BundleWriter(path: outer.path + "/dist").write(Self.artifacts("1")) }
        #expect(outer.text("elsewhere/a.env") == "keep")
    }

    @Test("says that the place is taken by a file")
    func fileInTheWay() throws {
        let folder = try ScratchFolder()
        try folder.write("", to: "dist")
        let error = #expect(throws: FileFailure.self) {
            try BundleWriter(path: folder.path + "/dist").write(Self.artifacts("1"))
        }
        #expect(error?.description.contains("is not a folder") == true)
    }

    @Test("waits for another build, but not for good")
    func locked() throws {
        let folder = try ScratchFolder()
        let other = open(folder.path, O_RDONLY)
        defer { close(other) }
        #expect(flock(other, LOCK_EX) == 0)
        let error = #expect(throws: FileFailure.self) {
            try BundleWriter(path: folder.path, lockWaitSeconds: 0).write(Self.artifacts("1"))
        }
        #expect(error?.description.contains("another build is writing") == true)
        #expect(flock(other, LOCK_UN) == 0)
        try BundleWriter(path: folder.path, lockWaitSeconds: 0).write(Self.artifacts("1"))
    }
}
