import Testing

/// Which modules a folder may import. Adding one here is a decision about the layers; see docs/ARCHITECTURE.md.
struct Layer: Sendable, CustomTestStringConvertible {
    var folder: String
    var modules: Set<String>

    var testDescription: String { folder }

    static let all: [Layer] = [
        Layer(folder: "Sources/Platform/Digests", modules: ["CCrypto"]),
        Layer(folder: "Sources/Platform/Tokens", modules: ["CSignatures"]),
        Layer(folder: "Sources/IR/Table", modules: ["CPlatform", "CZlib"]),
        Layer(folder: "Sources/IR/Model", modules: []),
        Layer(folder: "Sources/Compiler", modules: ["CYaml", "Digests", "GatewayIR", "Synchronization", "Tokens"]),
        Layer(
            folder: "Sources/Emitters",
            modules: ["Digests", "GatewayIR", "GatewayTable", "Mustache", "Templates"]
        ),
        Layer(
            folder: "Sources/Runtime",
            modules: [
                "CCurl", "CNGHTTP2", "CPlatform", "CRedis", "CTLS", "CZlib", "Digests", "GatewayTable", "Glibc",
                "Synchronization", "Tokens",
            ]
        ),
        Layer(folder: "Sources/apic-gateway", modules: ["CPlatform", "GatewayRuntime", "GatewayTable", "Glibc"]),
        Layer(
            folder: "Sources/apic",
            modules: [
                "ArgumentParser", "CPlatform", "Credentials", "Digests", "Foundation", "GatewayCompiler",
                "GatewayEmitters",
                "GatewayIR",
                "GatewayRuntime", "GatewayTable", "Glibc", "Synchronization", "Templates",
            ]
        ),
        Layer(folder: "Sources/Credentials", modules: ["Crypto", "Foundation", "SwiftASN1", "X509"]),
        Layer(folder: "templates", modules: []),
    ]
}

@Suite("Layers point one way")
struct LayerTests {
    @Test("a folder imports only what is below it", arguments: Layer.all)
    func imports(_ layer: Layer) {
        let files = SourceTree.swiftFiles.filter { $0.path.hasPrefix(layer.folder + "/") }
        #expect(!files.isEmpty)
        for file in files {
            for (module, line) in file.imports where !layer.modules.contains(module) {
                Issue.record("\(file.position(line)): \(layer.folder) must not know \(module)")
            }
        }
    }

    @Test("every source file belongs to a layer")
    func complete() {
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/") {
            #expect(Layer.all.contains { file.path.hasPrefix($0.folder + "/") }, "\(file.path) is in no layer")
        }
    }
}
