/// An item of `members`: `{ spec: teams/orders/api.yaml, owns: { paths: [ /orders/** ] } }`.
package struct MemberSpec: Sendable {
    /// Relative to the file that says so.
    package var spec: Spanned<String>
    /// Default: the member's `gateway`.
    package var name: Spanned<String>?
    package var owns: OwnershipSpec?
    package var span: SourceSpan
}

/// `owns`: the part of the gateway that a member may serve, and what it may use there.
package struct OwnershipSpec: Sendable {
    /// Unparsed; none is every host.
    package var hosts: [Spanned<String>] = []
    /// Unparsed; none is every path.
    package var paths: [Spanned<String>] = []
    /// Names of plugins; `nil` is all.
    package var plugins: [Spanned<String>]?
    package var span: SourceSpan

    package init(span: SourceSpan) { self.span = span }
}

/// `export`, `weak`: names of a spec by what they name.
package struct NamesSpec: Sendable {
    package var upstreams: [Spanned<String>] = []
    package var consumers: [Spanned<String>] = []
    package var groups: [Spanned<String>] = []
    package var policies: [Spanned<String>] = []

    package init() {}
}
