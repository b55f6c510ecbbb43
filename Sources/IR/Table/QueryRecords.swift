// The record of edits of queries. A struct of fixed-width integers without padding, like those of `TableRecords.swift`.

/// A parameter of an edit.
@usableFromInline
package struct QueryParameterRecord: BitwiseCopyable, Sendable {
    /// Of characters that need no escape.
    package var name = TextReference()
    /// Index into `templates` of `name=value`; `none` for removals.
    package var template: UInt32 = TableLayout.none

    package init() {}
}
