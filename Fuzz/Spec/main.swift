// Bytes as a spec, against the compiler: no trap, every diagnostic within its file and in order, and whatever compiles
// gives a table that validates.

import FuzzDriver
import GatewayCompiler
import GatewayEmitters
import GatewayTable
import Glibc

private func check(_ bytes: [UInt8]) {
    let files = [SourceFile(path: "api.yaml", bytes: bytes)]
    let compilation = Compiler.compile(files, buildEnvironment: [:])
    for diagnostic in compilation.diagnostics {
        precondition(diagnostic.span.start <= diagnostic.span.end && Int(diagnostic.span.end) <= bytes.count)
    }
    _ = DiagnosticRenderer.text(compilation.diagnostics, files: files, isColoured: false)
    guard let gateway = compilation.gateway else {
        precondition(compilation.diagnostics.contains { $0.severity == .error }, "no gateway, and no error says why")
        return
    }
    let table = TableEmitter.emit(gateway)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: table.count, alignment: TableLayout.alignment)
    defer { memory.deallocate() }
    memory.copyBytes(from: table)
    let start = UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
    do {
        _ = try TableView(validating: UnsafeBufferPointer(start: start, count: table.count))
    } catch {
        preconditionFailure("the emitted table is refused: \(error)")
    }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        check(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    }
)
