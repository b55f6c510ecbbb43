// Signatures of bundles, as anybody may put them where a gateway looks. Nothing may trap; what is read is written as it
// was read, and stays in its bounds.

import FuzzDriver
import GatewayTable
import Glibc

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        let bytes = Array(UnsafeBufferPointer(start: data, count: size))
        guard let statement = BundleStatement(bytes) else { return 0 }
        precondition(statement.bytes == bytes)
        precondition(statement.files.count <= BundleStatement.fileCountMax)
        precondition(statement.files.allSatisfy { BundleStatement.isPath($0.path) })
        return 0
    }
)
