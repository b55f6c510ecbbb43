// The records of edits of queries. Structs of fixed-width integers without padding, like those of `TableRecords.swift`.

/// Edits of a query: removals, then settings, then additions, all in `queryParameters`.
@usableFromInline
package struct QueryEditsRecord: BitwiseCopyable, Sendable {
    package var removals = RangeRecord()
    package var settings = RangeRecord()
    package var additions = RangeRecord()

    package init() {}
}

/// A parameter of an edit.
@usableFromInline
package struct QueryParameterRecord: BitwiseCopyable, Sendable {
    /// Of characters that need no escape.
    package var name = TextReference()
    /// Index into `templates` of `name=value`; `none` for removals.
    package var template: UInt32 = TableLayout.none

    package init() {}
}
