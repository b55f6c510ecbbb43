/// Something that a file of another gateway says and the spec does not, or says otherwise.
package struct ImportNote: Equatable, Sendable {
    /// How much it matters.
    package enum Kind: String, Sendable {
        /// It is in the spec, and behaves a little differently.
        case changed
        /// It is not in the spec.
        case lost
        /// The file itself is wrong.
        case mistake
    }

    package var kind: Kind
    package var message: String
    package var position: SourcePosition
}

/// What came of an import.
package struct ImportedSpec: Sendable {
    /// A secret that stands in the file: the spec names a variable in its place.
    package struct Secret: Equatable, Sendable {
        package var variable: String
        package var value: String
    }

    /// Empty if the file cannot be read.
    package var spec = ""
    /// By position.
    package var notes: [ImportNote] = []
    package var secrets: [Secret] = []
    /// Why the file cannot be read.
    package var diagnostics: [Diagnostic] = []
}
