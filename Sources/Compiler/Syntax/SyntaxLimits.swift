/// Every bound on what a spec may cost to read. A spec of 100 000 routes stays far below each of them.
enum SyntaxLimits {
    /// Bytes of one file. Offsets are 32-bit; this is also what keeps memory bounded.
    static let fileBytesMax = 64 << 20
    /// Files of one build.
    static let fileCountMax = 1024
    /// Lists and maps within each other, aliases expanded.
    static let depthMax = 64
    /// Nodes of all files together.
    static let nodeCountMax = 4_000_000
    /// Nodes that aliases and merge keys stand for, all together.
    static let expandedNodeCountMax = 2_000_000
    /// Diagnostics kept by one stage; what comes after is not looked at.
    static let diagnosticCountMax = 10_000
}
