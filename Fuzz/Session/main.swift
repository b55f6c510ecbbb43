// Frames of HTTP/2 behind a client's preface, against the gateway's real session and parser, with an answer to every
// request. Nothing may trap or leak; a head that the parser takes is exactly what was written for it.

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
        _ = SessionRehearsal.play(Array(bytes.dropFirst()), pieceBytes: Int(bytes[0]) * 16 + 1)
        return 0
    }
)
