// Files of other gateways, against the importers: no trap, and whatever spec comes of one is YAML that the compiler can
// read.

import FuzzDriver
import GatewayCompiler
import Glibc

private func check(_ bytes: [UInt8]) {
    let file = SourceFile(path: "file.yaml", bytes: bytes)
    for imported in [
        KongImport.translate(file, gateway: "fuzz"), OpenAPIImport.translate(file, gateway: "fuzz"),
    ] where !imported.spec.isEmpty {
        let spec = SourceFile(path: "api.yaml", bytes: Array(imported.spec.utf8))
        let compilation = Compiler.compile([spec], buildEnvironment: [:])
        precondition(compilation.diagnostics.allSatisfy { !$0.code.id.hasPrefix("E01") }, "what was written is no YAML")
    }
    _ = KonnectImport.translate(bytes, node: "fuzz")
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        check(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    }
)
