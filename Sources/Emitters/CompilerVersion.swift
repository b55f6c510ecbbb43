/// Which compiler wrote a bundle.
package enum CompilerVersion {
    /// Semantic version; `manifest.json` and `apic version` tell it.
    package static let text = "0.1.0"
}
