// The records of edits of bodies. Structs of fixed-width integers without padding, like those of `TableRecords.swift`.

/// What an edit does with a member of a JSON object.
package enum BodyOperationKind: UInt32, Sendable {
    case remove = 0
    /// Puts it there, in the place of what is there.
    case set = 1
    /// Puts it there, unless something is there.
    case add = 2
}

/// How the JSON body of a request is edited.
@usableFromInline
package struct BodyEditsRecord: BitwiseCopyable, Sendable {
    /// Into `bodyOperations`.
    package var operations = RangeRecord()
    /// How large a body may be, before it is edited.
    package var byteCountMax: UInt32 = 0
    package var reserved: UInt32 = 0

    package init() {}
}

/// One edit of a member.
@usableFromInline
package struct BodyOperationRecord: BitwiseCopyable, Sendable {
    /// Into `tokenTexts`: the names on the way to the member, its own last.
    package var names = RangeRecord()
    /// JSON; empty for removals.
    package var value = TextReference()
    /// `BodyOperationKind`.
    package var kind: UInt32 = 0
    package var reserved: UInt32 = 0

    package init() {}
}
