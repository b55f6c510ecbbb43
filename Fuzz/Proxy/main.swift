// Beginnings of connections, against the parser of PROXY headers. Nothing may trap; a header that was found is found
// again without what follows it, and nothing shorter is one, or is refused.

import FuzzDriver
import GatewayRuntime
import Glibc

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        let bytes = Array(UnsafeBufferPointer(start: data, count: size))
        let found = ProxyHeaderRehearsal.byteCount(of: bytes)
        guard found > 0 else { return 0 }
        precondition(found <= bytes.count)
        precondition(ProxyHeaderRehearsal.byteCount(of: Array(bytes.prefix(found))) == found)
        for count in 0..<min(found, 64) {
            precondition(ProxyHeaderRehearsal.byteCount(of: Array(bytes.prefix(count))) == 0)
        }
        return 0
    }
)
