/// `request-body`: members of a JSON object are taken away, set or added.
package struct BodyEdits: Hashable, Sendable {
    package struct Edit: Hashable, Sendable {
        package enum Action: Hashable, Sendable {
            case remove
            /// JSON, in the place of what is there.
            case set(String)
            /// JSON, unless something is there.
            case add(String)
        }

        /// The names on the way to the member, its own last.
        package var path: [String]
        package var action: Action

        package init(path: [String], action: Action) {
            self.path = path
            self.action = action
        }
    }

    /// Ascending by path; no path leads through another one's member.
    package var edits: [Edit]
    /// How large a body may be, before it is edited.
    package var byteCountMax: UInt32

    package static let editCountMax = 32
    /// Names of a path.
    package static let depthMax = 8
    /// What the gateway can keep of a request.
    package static let byteCountMax: UInt32 = 65_536
    /// Of the JSON of all values together.
    package static let valueByteCountMax = 16_384

    package init(edits: [Edit], byteCountMax: UInt32 = BodyEdits.byteCountMax) {
        self.edits = edits
        self.byteCountMax = byteCountMax
    }
}
