import CPlatform
import Glibc
import Testing

@testable import GatewayRuntime

@Suite("Targets have addresses", .timeLimit(.minutes(2)))
struct ControlResolverTests {
    typealias TargetName = GenerationLoader.TargetName

    private func address(_ host: String, _ port: UInt16) throws -> SocketAddress {
        try #require(SocketAddress(literal: host, port: port))
    }

    @Test("a literal is an address at once, without a thread or a question")
    func literals() throws {
        let wakeup = apic_eventfd()
        let resolver = Resolver(controlWakeup: wakeup, log: ProcessLog(descriptor: -1))
        resolver.setTargets([
            4: TargetName(host: "127.0.0.1", port: 80), 2: TargetName(host: "2001:db8::7", port: 8080),
        ])
        #expect(resolver.isSettled)
        let changes = resolver.takeChanges()
        #expect(changes.map(\.target) == [2, 4])
        #expect(changes.map { $0.addresses.map(\.text) } == [["[2001:db8::7]:8080"], ["127.0.0.1:80"]])
        #expect(resolver.takeChanges().isEmpty)
        resolver.setTargets([4: TargetName(host: "127.0.0.1", port: 80)])
        #expect(resolver.takeChanges().isEmpty)
        #expect(resolver.reports.keys.sorted() == [4])
    }

    @Test("a name is asked for beside, the loop is told, and every port of it gets the addresses")
    func names() throws {
        let wakeup = apic_eventfd()
        let resolver = Resolver(controlWakeup: wakeup, log: ProcessLog(descriptor: -1))
        defer { resolver.stop() }
        resolver.setTargets([
            0: TargetName(host: "localhost", port: 80), 1: TargetName(host: "localhost", port: 81),
            2: TargetName(host: "no-such-host.invalid", port: 1),
        ])
        var entry = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 5_000) == 1)
        #expect(eventually(withinMilliseconds: 30_000) { resolver.isSettled })
        let changes = resolver.takeChanges()
        #expect(changes.map(\.target) == [0, 1])
        #expect(changes[0].addresses.contains(try address("127.0.0.1", 80)))
        #expect(changes[1].addresses.allSatisfy { $0.port == 81 } && !changes[1].addresses.isEmpty)
        #expect(resolver.reports[2]?.failure != nil && resolver.reports[2]?.addresses == [])
        #expect(resolver.reports[0]?.failure == nil)
    }

    /// What the resolver decides, on a clock of the test's.
    private final class Rig {
        static let question = ResolverState.Question(host: "orders")

        var state = ResolverState()

        init() { state.add(7, TargetName(host: "orders", port: 80)) }

        func answer(_ answer: Resolution, at now: Int64) -> Bool {
            guard state.takeDue(now: now)?.host == "orders" else {
                Issue.record("nothing is due at \(now)")
                return false
            }
            return state.note(answer, for: Rig.question, now: now)
        }

        func takeDue() -> String? { state.takeDue(now: 0)?.host }

        func note(_ answer: Resolution) -> Bool { state.note(answer, for: Rig.question, now: 1) }

        func changes() -> [UInt32: [SocketAddress]] {
            defer { state.changes = [:] }
            return state.changes
        }

        var due: Int64 { state.names[Rig.question]?.dueMilliseconds ?? .max }
    }

    @Test("another order of the same addresses is no change")
    func rotation() throws {
        let rig = Rig()
        let (one, two) = (try address("192.0.2.1", 0), try address("192.0.2.2", 0))
        #expect(rig.answer(Resolution(addresses: [one, two]), at: 0))
        #expect(rig.changes() == [7: [one.with(port: 80), two.with(port: 80)]])
        #expect(!rig.answer(Resolution(addresses: [two, one]), at: 100_000))
        #expect(rig.changes().isEmpty)
        #expect(rig.answer(Resolution(addresses: [two]), at: 200_000))
        #expect(rig.changes() == [7: [two.with(port: 80)]])
    }

    @Test("a name that fails keeps its addresses and is asked again, ever more rarely but always")
    func failure() throws {
        let rig = Rig()
        let one = try address("192.0.2.1", 0)
        #expect(rig.answer(Resolution(addresses: [one]), at: 0))
        #expect((27_000...33_000).contains(rig.due))
        _ = rig.changes()
        var now: Int64 = 100_000
        var pauses: [Int64] = []
        for attempt in 0..<20 {
            let isNews = rig.answer(Resolution(failure: "no answer"), at: now)
            #expect(isNews == (attempt == 0), "one line in the log, not twenty")
            pauses.append(rig.due - now)
            now = rig.due
        }
        #expect(rig.changes().isEmpty && rig.state.names[Rig.question]?.addresses == [one])
        #expect((900...1_100).contains(pauses[0]) && (1_800...2_200).contains(pauses[1]))
        #expect(pauses.allSatisfy { $0 <= 33_000 } && (27_000...33_000).contains(pauses[19]))
        #expect(rig.answer(Resolution(addresses: [one]), at: now), "that it works again is news")
        #expect(rig.changes().isEmpty)
    }

    @Test("a target that left is forgotten, even while it is asked for")
    func leaves() throws {
        let rig = Rig()
        #expect(rig.takeDue() == "orders")
        #expect(rig.takeDue() == nil)
        rig.state.forget(except: [:])
        let answer = Resolution(addresses: [try address("192.0.2.1", 0)])
        #expect(!rig.note(answer))
        #expect(rig.changes().isEmpty && rig.state.names.isEmpty)
    }

    @Test(
        "an address is its literal",
        arguments: [("192.0.2.9", "192.0.2.9:443"), ("::1", "[::1]:443"), ("2001:db8::ff", "[2001:db8::ff]:443")]
    )
    func text(_ host: String, _ text: String) throws {
        let address = try address(host, 443)
        #expect(address.text == text && address.port == 443)
        #expect(address.with(port: 1).with(port: 443) == address)
        #expect(SocketAddress(literal: "example.com", port: 1) == nil)
    }
}
