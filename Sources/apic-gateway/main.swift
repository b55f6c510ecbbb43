internal import GatewayRuntime
internal import Glibc

let code = GatewayProcess.run(Array(CommandLine.arguments.dropFirst()), worker: runWorker)
// Threads may still be at work: the process ends without tearing down what they use.
_exit(code)
