// Frames of HTTP/2 as an upstream sends them, against the gateway's real session, with requests that wait for
// answers, and its real parser. Nothing may trap or leak; a head that was written is whole, and one.

import FuzzDriver
import GatewayRuntime
import Glibc

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        guard size > 1 else { return 0 }
        let bytes = Array(UnsafeBufferPointer(start: data, count: size))
        // The first byte says how many come at once.
        _ = UpstreamSessionRehearsal.play(Array(bytes.dropFirst()), pieceBytes: Int(bytes[0]) * 16 + 1)
        return 0
    }
)
