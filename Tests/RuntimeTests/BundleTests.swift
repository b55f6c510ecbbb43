import Digests
import Foundation
import GatewayEmitters
import GatewayIR
import GatewayTable
import Testing

@testable import GatewayRuntime

@Suite("Bundles are loaded whole, and stay as they were loaded")
struct BundleTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a table survives whatever happens to its file", arguments: ["truncate", "overwrite", "remove"])
    func survival(_ fate: String) throws {
        let bytes = ControlFixture.table()
        try folder.overwrite("gateway.apib", with: bytes)
        let table = try MappedTable.load(bundle: folder.path)
        switch fate {
        case "truncate": #expect(truncate(folder.file("gateway.apib"), 0) == 0)
        case "overwrite": try folder.overwrite("gateway.apib", with: [UInt8](repeating: 0xFF, count: bytes.count))
        default: try FileManager.default.removeItem(atPath: folder.file("gateway.apib"))
        }
        #expect(Array(UnsafeBufferPointer(start: table.view.base, count: table.view.byteCount)) == bytes)
        #expect(table.fileDigest == SHA256.digest(bytes))
    }

    @Test("the memory of a table is private, has no file behind it, and cannot be written to", arguments: [1, 5_000])
    func readOnly(_ versionCount: Int) throws {
        // One table below the size of a huge page, and one beyond it.
        var gateway = ControlFixture.gateway()
        gateway.name = String(repeating: "n", count: versionCount * 1_000)
        try folder.overwrite("gateway.apib", with: TableEmitter.emit(gateway))
        let table = try MappedTable.load(bundle: folder.path)
        let maps = try #require(try FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd())
        let start = UInt(bitPattern: table.view.base)
        let mapping = String(decoding: maps, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
            .first { words in
                let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                return ends.count == 2 && ends[0] <= start && start < ends[1]
            }
        let words = try #require(mapping)
        #expect(words[1] == "r--p" && words[4] == "0", "\(words)")
        #expect(String(decoding: table.view.bytes(table.view.gateway.name).array.prefix(3), as: UTF8.self) == "nnn")
    }

    @Test("a table file works as well as its directory, a FIFO does not hang")
    func paths() throws {
        try folder.overwrite("gateway.apib", with: ControlFixture.table())
        let byFile = try MappedTable.load(bundle: folder.file("gateway.apib"))
        let byFolder = try MappedTable.load(bundle: folder.path + "/")
        #expect(byFile.isIdentical(to: byFolder))
        #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
        #expect(throws: LoadError.notAFile(path: folder.file("fifo"))) {
            try MappedTable.load(bundle: folder.file("fifo"))
        }
    }

    @Test("an altered, cut or foreign file is refused, with its path and a reason")
    func badTables() throws {
        let good = ControlFixture.table()
        var flipped = good
        flipped[good.count / 2] ^= 1
        for bad in [[], Array(good.prefix(40)), Array(good.dropLast(8)), good + [0], flipped, Array("hello\n".utf8)] {
            try folder.overwrite("gateway.apib", with: bad)
            let error = #expect(throws: LoadError.self) { try MappedTable.load(bundle: folder.path) }
            #expect(error?.message.contains(folder.file("gateway.apib")) == true)
        }
        try FileManager.default.removeItem(atPath: folder.file("gateway.apib"))
        let error = #expect(throws: LoadError.self) { try MappedTable.load(bundle: folder.path) }
        #expect(error?.message.contains("No such file") == true)
    }

    @Test("a table that two threads validate is refused for the same reasons, wherever a bit is flipped")
    func largeTable() throws {
        var gateway = ControlFixture.gateway()
        gateway.name = String(repeating: "n", count: 2 << 20)
        let good = TableEmitter.emit(gateway)
        try folder.overwrite("gateway.apib", with: good)
        #expect(try MappedTable.load(bundle: folder.path).digest.count == 32)
        for offset in stride(from: 0, to: good.count, by: good.count / 40) {
            var flipped = good
            flipped[offset] ^= 1
            try folder.overwrite("gateway.apib", with: flipped)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: flipped.count, alignment: 8)
            defer { memory.deallocate() }
            memory.copyBytes(from: flipped)
            let expected = #expect(throws: TableError.self) {
                try TableView(validating: UnsafeBufferPointer(memory.assumingMemoryBound(to: UInt8.self)))
            }
            let error = #expect(throws: LoadError.self) { try MappedTable.load(bundle: folder.path) }
            guard case .invalidTable(_, let found)? = error else {
                Issue.record("byte \(offset): \(String(describing: error))")
                continue
            }
            #expect(found.message == expected?.message, "byte \(offset)")
        }
    }

    private func load(_ keys: [Credential.Key]) throws -> Generation {
        try folder.overwrite("gateway.apib", with: TableEmitter.emit(ControlFixture.gateway(credentials: keys)))
        var loader = GenerationLoader()
        return try loader.load(bundle: folder.path)
    }

    private func find(_ key: String, in generation: Generation) -> UInt32 {
        generation.credentials.find(digest: generation.keySalt.digest(Array(key.utf8)))
    }

    @Test("a key is found whether its digest, its variable or its file is in the table")
    func credentials() throws {
        setenv("APIC_TEST_KEY", "from-environment", 1)
        try folder.overwrite("key", with: Array("from-file\n".utf8))
        let salt = HMACKey(Digests.credentialSalt(gatewayName: "fixture"))
        let generation = try load([
            .digest(salt.authenticate(Array("literal".utf8)).bytes),
            .secret(.environment("APIC_TEST_KEY")),
            .secret(.file(folder.file("key"))),
        ])
        #expect(find("literal", in: generation) == 0)
        #expect(find("from-environment", in: generation) == 1)
        #expect(find("from-file", in: generation) == 2)
        #expect(find("from-file\n", in: generation) == TableLayout.none)
        #expect(find("", in: generation) == TableLayout.none)
    }

    @Test("a secret that is missing, empty, too long or used twice refuses the bundle and is named")
    func badSecrets() throws {
        unsetenv("APIC_TEST_MISSING")
        setenv("APIC_TEST_EMPTY", "", 1)
        setenv("APIC_TEST_TWICE", "same", 1)
        try folder.overwrite("long", with: [UInt8](repeating: 65, count: SecretLimits.byteCountMax + 1))
        try folder.overwrite("blank", with: [0x0A])
        let cases: [([Credential.Key], String)] = [
            ([.secret(.environment("APIC_TEST_MISSING"))], "APIC_TEST_MISSING"),
            ([.secret(.environment("APIC_TEST_EMPTY"))], "APIC_TEST_EMPTY"),
            ([.secret(.file(folder.file("absent")))], "absent"),
            ([.secret(.file(folder.file("long")))], "more than 4096 bytes"),
            ([.secret(.file(folder.file("blank")))], "is empty"),
            ([.secret(.environment("APIC_TEST_TWICE")), .secret(.environment("APIC_TEST_TWICE"))], "`key-1`"),
        ]
        for (keys, part) in cases {
            let error = #expect(throws: LoadError.self) { try load(keys) }
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("same`") != true)
        }
    }

    @Test("many keys are all found, and nothing else is")
    func manyKeys() throws {
        let salt = HMACKey(Digests.credentialSalt(gatewayName: "fixture"))
        let keys = (0..<2_000).map { "key number \($0)" }
        let generation = try load(keys.map { .digest(salt.authenticate(Array($0.utf8)).bytes) })
        for (index, key) in keys.enumerated() { #expect(find(key, in: generation) == UInt32(index)) }
        for index in 0..<2_000 { #expect(find("no key \(index)", in: generation) == TableLayout.none) }
    }

    @Test("series and targets keep their numbers from bundle to bundle")
    func numbers() throws {
        var loader = GenerationLoader()
        let targets = [Target(host: "a", port: 1), Target(host: "b", port: 2), Target(host: "b", port: 3)]
        func load(_ gateway: Gateway) throws -> Generation {
            try folder.replace("gateway.apib", with: TableEmitter.emit(gateway))
            return try loader.load(bundle: folder.path)
        }
        let first = try load(ControlFixture.gateway(targets: targets))
        var other = ControlFixture.gateway(targets: [targets[2], Target(host: "c", port: 1), targets[0]])
        other.versions[1].name = "brand-new"
        other.versions[1].value = "brand-new"
        let second = try load(other)
        #expect((0..<5).map { first.seriesOfVersion[$0] } == [1, 2, 3, 4, 5])
        #expect((0..<5).map { second.seriesOfVersion[$0] } == [1, 6, 3, 4, 5])
        #expect((0..<3).map { first.targetOfRecord[$0] } == [0, 1, 2])
        #expect((0..<3).map { second.targetOfRecord[$0] } == [2, 3, 0])
        #expect((first.number, second.number) == (1, 2))
        #expect(loader.seriesNames[6] == GenerationLoader.SeriesName(api: "orders", version: "brand-new"))
    }

    @Test("ids of targets that no bundle has any more are others' next, so that they stay few")
    func forgottenTargets() throws {
        var loader = GenerationLoader()
        var kept: [Generation] = []
        for round in 0..<300 {
            // One target stays, one was there two bundles before, two are new.
            let targets = [
                Target(host: "stays", port: 1), Target(host: "returns-\(round % 3)", port: 1),
                Target(host: "new", port: UInt16(1 + 2 * round)), Target(host: "new", port: UInt16(2 + 2 * round)),
            ]
            try folder.replace("gateway.apib", with: TableEmitter.emit(ControlFixture.gateway(targets: targets)))
            kept.append(try loader.load(bundle: folder.path))
            // The one before may still be asked.
            kept = kept.suffix(2)
            var live: [UInt32: GenerationLoader.TargetName] = [:]
            for generation in kept {
                for record in 0..<UInt32(generation.view.targets.count) {
                    let target = generation.view.targets[record]
                    let name = GenerationLoader.TargetName(
                        host: generation.view.string(target.host),
                        port: UInt16(target.port)
                    )
                    let id = generation.targetOfRecord[record]
                    #expect(live[id] == nil || live[id] == name, "two targets with one id")
                    live[id] = name
                    #expect(loader.targetNames[Int(id)] == name)
                }
            }
            for id in loader.forgetTargets(except: { live[$0] != nil }) { #expect(live[id] == nil) }
            #expect(loader.targetNames.count { $0 != nil } == live.count)
        }
        #expect(loader.targetNames.count <= 12)
    }
}
