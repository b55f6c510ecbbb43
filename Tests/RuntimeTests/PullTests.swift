import Testing

@testable import GatewayRuntime

@Suite("Pulling: when to ask, and for what")
struct PullTests {
    @Test("pauses are regular while it goes well, and ever longer up to a bound while it does not; never all alike")
    func pauses() {
        var schedule = PullSchedule(seconds: 30)
        #expect(schedule.pause(random: 0) == 27_000)
        #expect(schedule.pause(random: .max) == 33_000)
        var longest: [Int64] = []
        for _ in 0..<40 {
            schedule.noteFailure()
            longest.append(schedule.pause(random: .max))
            #expect(schedule.pause(random: 0) == longest[longest.count - 1] / 2)
        }
        #expect(longest.prefix(7) == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000])
        #expect(longest.max() == 60_000)
        schedule.noteSuccess()
        #expect(schedule.pause(random: 0) == 27_000)
        // Who asks rarely anyway may wait as long after a failure.
        var rare = PullSchedule(seconds: 600)
        for _ in 0..<40 { rare.noteFailure() }
        #expect(rare.pause(random: .max) == 512_000 || rare.pause(random: .max) == 600_000)
    }

    @Test("addresses of folders")
    func addresses() {
        #expect(BundleSource.folderURL("https://host/a") == "https://host/a/")
        #expect(BundleSource.folderURL("http://[::1]:80/") == "http://[::1]:80/")
        for text in [
            "", "host", "https://", "https:///a", "file:///etc", "https://h/a?b", "https://h/#", "https://u:p@h/",
            "https://h/a b",
            "https://h/\n",
        ] { #expect(BundleSource.folderURL(text) == nil, "\(text)") }
        let source = BundleSource(url: "https://host/a/", folder: "f")
        #expect(source.url(of: "certs/edge ü?.crt") == "https://host/a/certs/edge%20%C3%BC%3F.crt")
    }
}
