// Heads of requests, against the readers of signatures. Nothing may trap; a signature that was found is found again,
// and has no more components than a signature may have.

import FuzzDriver
import GatewayRuntime
import Glibc

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        guard size > 1, let data else { return 0 }
        let head = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
        let label = data[0] & 2 == 0 ? [] : Array("sig1".utf8)
        let key = Array("a secret of 32 bytes, for tests.".utf8)
        func found() -> Int? {
            SignatureRehearsal.componentCount(of: head, label: label, isKong: data[0] & 1 != 0, key: key)
        }
        let componentCount = found()
        precondition(componentCount ?? 0 <= 32 && componentCount == found())
        return 0
    }
)
