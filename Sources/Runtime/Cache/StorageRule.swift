internal import GatewayTable

/// Who sent the request whose answer may be stored.
struct AskedBy {
    /// The route found its consumer, so that an answer can be kept for that one alone.
    var isConsumer = false
    /// It said who it is in a way that tells nobody apart here: to its upstream, to an authorizer, by a token.
    var isStranger = false
}

/// What a route says where answers are silent, in seconds; 0 is not at all.
struct LifetimeDefaults {
    /// For how long an answer is fresh.
    var fresh: UInt32 = 0
    /// For how long behind that it is used while it is asked for anew, and when that fails.
    var staleMeanwhile: UInt32 = 0
    var staleIfError: UInt32 = 0
}

/// For whom and for how long an answer may be stored (RFC 9111 sections 3 and 4.2, RFC 5861).
struct StorageRule: Equatable {
    /// For all that the route lets pass, and not for one consumer alone.
    var isShared = false
    /// Seconds for which the answer is fresh from when it was made, and how old it was when it came.
    var lifetime: UInt32 = 0
    var age: UInt32 = 0
    /// Seconds behind that for which it is used while it is asked for anew, and when that fails.
    var staleMeanwhile: UInt32 = 0
    var staleIfError: UInt32 = 0

    init() {}

    /// - Parameters:
    ///   - wall: seconds since 1970, when the answer came.
    ///   - delay: seconds between the request and its answer.
    ///   - toldAge: seconds; what `Age` says.
    /// - Returns: `nil` if the answer must not be stored, or would be of no use.
    init?(
        status: UInt16,
        _ fields: FieldsView,
        _ asker: AskedBy,
        wall: Int64,
        delay: UInt32,
        toldAge: UInt32,
        defaults: LifetimeDefaults
    ) {
        let control = CacheControl(fields)
        guard !control.noStore, !control.noCache, !control.isPrivate, !fields.has("*", in: "vary"),
            !fields.has("set-cookie"), !fields.has("content-range"), !fields.has("trailer"),
            let needsWord = StorageRule.needsWord(status)
        else { return nil }
        let isForAll = control.isPublic || control.sharedMaxAge != nil
        if asker.isStranger, !isForAll { return nil }
        isShared = isForAll || !asker.isConsumer
        let date = StorageRule.date(fields, "date")
        if let said = control.sharedMaxAge ?? control.maxAge {
            lifetime = said
        } else if fields.has("expires") {
            // A date that is none is one in the past (section 5.3).
            let end = StorageRule.date(fields, "expires") ?? 0
            lifetime = UInt32(min(max(end - (date ?? wall), 0), Int64(Int32.max)))
        } else {
            guard !needsWord, defaults.fresh > 0 else { return nil }
            lifetime = defaults.fresh
        }
        let apparent = UInt32(min(max(wall - (date ?? wall), 0), Int64(Int32.max)))
        age = min(max(apparent, toldAge + min(delay, 1 << 30)), UInt32(Int32.max))
        if !control.mustRevalidate {
            // `s-maxage` means the same to shared caches (section 5.2.2.10), unless the answer itself says otherwise.
            let silent = control.sharedMaxAge == nil ? defaults : LifetimeDefaults()
            staleMeanwhile = control.staleMeanwhile ?? silent.staleMeanwhile
            staleIfError = control.staleIfError ?? silent.staleIfError
        }
        guard UInt64(lifetime) + UInt64(max(staleMeanwhile, staleIfError)) > UInt64(age) else { return nil }
    }

    /// What a message says of its age; of several values the first one counts (RFC 9111 section 5.1).
    static func toldAge(_ fields: FieldsView) -> UInt32 {
        guard let index = fields.firstIndex(ofName: Bytes("age")) else { return 0 }
        var members = FieldMembers(fields.value(index))
        return members.next().map { CacheControl.seconds($0) } ?? 0
    }

    /// Whether an answer of a status must say itself for how long it is fresh; `nil` if it is not stored at all.
    private static func needsWord(_ status: UInt16) -> Bool? {
        switch status {
        case 200, 203: false
        case 300, 301, 302, 307, 308, 404, 410: true
        default: nil
        }
    }

    private static func date(_ fields: FieldsView, _ name: StaticString) -> Int64? {
        guard let index = fields.firstIndex(ofName: Bytes(name)) else { return nil }
        return CalendarTime.instant(imfFixdate: fields.value(index).tableBytes)
    }
}

/// Whether a request's conditions say that the client has the answer already (RFC 9110 section 13.2.2).
enum Precondition {
    /// - Parameter answer: the fields of the answer that would be sent, which was good (200).
    static func isNotModified(_ request: FieldsView, _ answer: FieldsView) -> Bool {
        let name = Bytes("if-none-match")
        if var index = request.firstIndex(ofName: name) {
            let tag = answer.firstIndex(ofName: Bytes("etag")).map { answer.value($0).opaqueTag }
            while true {
                var members = FieldMembers(request.value(index))
                while let member = members.next() {
                    if member.equals(Bytes("*")) { return true }
                    if let tag, member.opaqueTag.equals(tag) { return true }
                }
                guard let next = request.firstIndex(ofName: name, from: index + 1) else { return false }
                index = next
            }
        }
        guard let since = date(request, "if-modified-since"),
            let last = date(answer, "last-modified") ?? date(answer, "date")
        else { return false }
        return last <= since
    }

    private static func date(_ fields: FieldsView, _ name: StaticString) -> Int64? {
        guard let index = fields.firstIndex(ofName: Bytes(name)) else { return nil }
        return CalendarTime.instant(imfFixdate: fields.value(index).tableBytes)
    }
}

extension Bytes {
    /// An entity tag without what says that it is weak: two that are equal so match weakly.
    var opaqueTag: Bytes { hasPrefix(Bytes("W/")) ? from(2) : self }
}
