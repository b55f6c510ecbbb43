package import GatewayIR

/// What came of a compilation. There is a gateway if and only if no diagnostic is an error.
package struct Compilation: Sendable {
    /// Sorted by position, one per mistake.
    package var diagnostics: [Diagnostic]
    package var gateway: Gateway?

    package init(diagnostics: [Diagnostic], gateway: Gateway?) {
        self.diagnostics = diagnostics
        self.gateway = gateway
    }
}
