/// How a request says which version of an API it means.
package enum VersionSelector: Equatable, Sendable {
    /// The version is a segment of the path; the tree of routes selects it.
    case path
    /// The version is part of the host; the host selects it.
    case host
    /// The value of a header field. The name is lower-case.
    case header(name: String)
    /// The value of a query parameter.
    case query(name: String)
    /// What stands between `prefix` and `suffix` in a media type of `Accept` (or `Content-Type`); both lower-case.
    case mediaType(prefix: String, suffix: String)
}

/// A family of versions with one owner.
package struct API: Equatable, Sendable {
    package var name: String
    package var title: String
    package var owner: String
    package var selector: VersionSelector
    /// The API's versions in `Gateway.versions`, ascending by name.
    package var versions: Range<Int>
    /// Index into `Gateway.versions` of the version that a request without a selector gets.
    package var defaultVersion: Int?

    package init(
        name: String,
        title: String = "",
        owner: String = "",
        selector: VersionSelector,
        versions: Range<Int>,
        defaultVersion: Int? = nil
    ) {
        self.name = name
        self.title = title
        self.owner = owner
        self.selector = selector
        self.versions = versions
        self.defaultVersion = defaultVersion
    }
}

/// One version of an API.
package struct Version: Equatable, Sendable {
    /// Index into `Gateway.apis`.
    package var api: Int
    package var name: String
    /// What a request says to select it; the name unless the spec says otherwise.
    package var value: String
    package var lifecycle: Lifecycle
    /// Groups (indices into `Gateway.groups`, ascending) that may call the version before `released`; empty is nobody.
    package var previewGroups: [Int]
    /// Index into `Gateway.versions`.
    package var successor: Int?
    /// What the `successor-version` link points at, as a URI reference; `nil` sends no such link.
    package var successorLink: String?
    /// Where people read about the change.
    package var docs: String?

    package init(
        api: Int,
        name: String,
        value: String,
        lifecycle: Lifecycle,
        previewGroups: [Int] = [],
        successor: Int? = nil,
        successorLink: String? = nil,
        docs: String? = nil
    ) {
        self.api = api
        self.name = name
        self.value = value
        self.lifecycle = lifecycle
        self.previewGroups = previewGroups
        self.successor = successor
        self.successorLink = successorLink
        self.docs = docs
    }
}

/// A place in the space of hosts and paths where an API or one of its versions begins.
///
/// Requests under a mount that no route matches are answered in the mount's name: with the state of its version, or
/// with the list of the API's versions.
package struct Mount: Equatable, Sendable {
    package var host: HostPattern
    /// Without a tail.
    package var prefix: PathPattern
    /// Index into `Gateway.apis`.
    package var api: Int
    /// Index into `Gateway.versions`; `nil` where the selector decides, or where the path names no version.
    package var version: Int?

    package init(host: HostPattern, prefix: PathPattern, api: Int, version: Int?) {
        self.host = host
        self.prefix = prefix
        self.api = api
        self.version = version
    }
}
