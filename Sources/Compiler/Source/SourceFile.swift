/// A file of a build, handed in by the caller: the compiler opens nothing itself.
package struct SourceFile: Sendable {
    /// As the user wrote it; diagnostics show it.
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// A stretch of a source file. Positions are byte offsets; lines and columns exist only where diagnostics are rendered.
package struct SourceSpan: Hashable, Sendable {
    /// Index of the file in the order in which the files were given.
    package var file: UInt32
    /// Offset of the first byte.
    package var start: UInt32
    /// Offset behind the last byte; not before `start`.
    package var end: UInt32

    package init(file: UInt32, start: UInt32, end: UInt32) {
        self.file = file
        self.start = start
        self.end = end
    }
}

/// A value and where it was written.
package struct Spanned<Value> {
    package var value: Value
    package var span: SourceSpan

    package init(_ value: Value, _ span: SourceSpan) {
        self.value = value
        self.span = span
    }
}

extension Spanned: Sendable where Value: Sendable {}
extension Spanned: Equatable where Value: Equatable {}
