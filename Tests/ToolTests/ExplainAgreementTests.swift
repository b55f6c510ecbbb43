import Foundation
import TestSupport
import Testing

/// What `apic explain` says is what clients get: each request goes to a real gateway, too, with `apic echo` behind it.
@Suite("Explanations are true", .serialized)
struct ExplainAgreementTests {
    private static let keys = ["acme": "key-of-acme", "globex": "key-of-globex"]

    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    @Test(
        "status, lifecycle fields and upstream path",
        arguments: [
            ExplainedRequest.usualInstant, ExplainedRequest.brownoutInstant,
        ]
    )
    func agreement(_ instant: String) throws {
        let echo = try Program.apic.start(["echo", "--port", "0"], in: folder.url)
        #expect(echo.wait { echo.output.contains("http://") })
        let upstream = try #require(echo.output.split(separator: " ").last).trimmingCharacters(in: .newlines)
        let names = ["catalog", "orders", "payments"]
        let targets = names.map { "  \($0): { targets: [ \"\(upstream)\" ] }" }
        try folder.write("upstreams:\n\(targets.joined(separator: "\n"))\naccess-log: off\n", to: "local.yaml")
        let example = Repository.root.appendingPathComponent("examples/storefront/api.yaml").path
        #expect(try Program.apic.run(["build", example, "local.yaml"], in: folder.url).status == 0)

        let port = try FreePort.take()
        let gateway = try Program.gateway.start(
            [
                "dist", "--http", "127.0.0.1:\(port)", "--status", "127.0.0.1:\(try FreePort.take())", "--workers", "1",
                "--at", instant,
            ],
            in: folder.url,
            environment: ["ACME_KEY": "key-of-acme", "GLOBEX_KEY": "key-of-globex"]
        )
        let isServing = gateway.wait { (try? status(of: ["http://127.0.0.1:\(port)/"])) == 404 }
        try #require(isServing, "\(gateway.errors)")
        for request in ExplainedRequest.all where request.instant == instant {
            try compare(request, port)
        }
        #expect(gateway.stop() == 0)
    }

    private func compare(_ request: ExplainedRequest, _ port: UInt16) throws {
        var arguments = request.method == "HEAD" ? ["-I"] : ["-X", request.method]
        for field in request.fields { arguments += ["-H", field] }
        if let consumer = request.consumer, let key = Self.keys[consumer] { arguments += ["-H", "apikey: \(key)"] }
        let status = try status(of: arguments + ["http://127.0.0.1:\(port)\(request.target)"])
        let answer = folder.text("answer") ?? ""
        let explanation = try request.explain().output
        let lines = explanation.split(separator: "\n").map { $0.dropFirst(15) }

        let says = try #require(explanation.split(separator: "\n").first { $0.hasPrefix("client gets") }).dropFirst(15)
        #expect(
            says == "the upstream's answer" ? status == 200 : says.hasPrefix("\(status)"),
            "\(request.name): \(says)"
        )
        for name in ["Deprecation", "Sunset", "Link", "Vary", "Allow"] {
            let told = lines.filter { $0.hasPrefix("\(name): ") }.map { String($0).lowercased() }
            let sent = answer.split(separator: "\r\n").filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            #expect(sent.map { $0.lowercased() } == told, "\(request.name): \(name)")
        }
        guard request.method != "HEAD", status == 200, says == "the upstream's answer" else { return }
        let forwarded = try #require(explanation.split(separator: "\n").first { $0.hasPrefix("upstream gets") })
        let target = forwarded.split(separator: " ")[3].split(separator: "?")
        #expect(answer.contains("\"path\": \"\(target[0])\""), "\(request.name)")
        #expect(answer.contains("\"query\": \"\(target.count > 1 ? target[1] : "")\""), "\(request.name)")
    }

    /// Makes a request with curl; head and body are in `answer` then.
    private func status(of arguments: [String]) throws -> Int {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments =
            ["curl", "-s", "-i", "--path-as-is", "--max-time", "5", "-o", "answer", "-w", "%{http_code}"] + arguments
        curl.currentDirectoryURL = folder.url
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        curl.waitUntilExit()
        return Int(text) ?? 0
    }
}
