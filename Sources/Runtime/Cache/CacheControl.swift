/// What a message says to caches (RFC 9111 section 5.2), as far as a shared one looks at it.
struct CacheControl: Equatable {
    var isSaid = false
    var noStore = false
    var noCache = false
    var isPrivate = false
    var isPublic = false
    var onlyIfCached = false
    /// It must not be used when it is stale, by a shared cache at least.
    var mustRevalidate = false
    /// Seconds; `nil` is unsaid. What is no number is 0, so that nothing is used for longer than was meant.
    var maxAge: UInt32?
    var sharedMaxAge: UInt32?
    var minFresh: UInt32?
    /// Seconds behind its freshness for which an answer is used while it is asked for anew, or when that fails
    /// (RFC 5861).
    var staleMeanwhile: UInt32?
    var staleIfError: UInt32?

    init() {}

    init(_ fields: FieldsView) {
        let name = Bytes("cache-control")
        var index = fields.firstIndex(ofName: name)
        while let found = index {
            isSaid = true
            var members = FieldMembers(fields.value(found))
            while let member = members.next() { take(member) }
            index = fields.firstIndex(ofName: name, from: found + 1)
        }
    }

    /// Of directives that are said twice the first one counts (section 4.2.1). One that names fields holds for the
    /// whole answer, which is more than it asks.
    private mutating func take(_ member: Bytes) {
        let end = member.firstIndex(of: 0x3D) ?? member.count
        let name = member[0..<end].trimmed
        let value = end < member.count ? member.from(end + 1).trimmed : .empty
        if name.equalsIgnoringCase("no-store") {
            noStore = true
        } else if name.equalsIgnoringCase("no-cache") {
            noCache = true
        } else if name.equalsIgnoringCase("private") {
            isPrivate = true
        } else if name.equalsIgnoringCase("public") {
            isPublic = true
        } else if name.equalsIgnoringCase("only-if-cached") {
            onlyIfCached = true
        } else if name.equalsIgnoringCase("must-revalidate") || name.equalsIgnoringCase("proxy-revalidate") {
            mustRevalidate = true
        } else if name.equalsIgnoringCase("max-age") {
            maxAge = maxAge ?? CacheControl.seconds(value)
        } else if name.equalsIgnoringCase("s-maxage") {
            sharedMaxAge = sharedMaxAge ?? CacheControl.seconds(value)
        } else if name.equalsIgnoringCase("min-fresh") {
            minFresh = minFresh ?? CacheControl.seconds(value)
        } else if name.equalsIgnoringCase("stale-while-revalidate") {
            staleMeanwhile = staleMeanwhile ?? CacheControl.seconds(value)
        } else if name.equalsIgnoringCase("stale-if-error") {
            staleIfError = staleIfError ?? CacheControl.seconds(value)
        }
    }

    /// A number of seconds, in quotes or not; more than fits is the most that does (section 1.2.2).
    static func seconds(_ value: Bytes) -> UInt32 {
        var digits = value
        if digits.count >= 2, digits[0] == ASCII.quote, digits[digits.count - 1] == ASCII.quote {
            digits = digits[1..<digits.count - 1]
        }
        guard !digits.isEmpty else { return 0 }
        var number: UInt64 = 0
        for index in 0..<digits.count {
            guard ASCII.isDigit(digits[index]) else { return 0 }
            number = min(number * 10 + UInt64(digits[index] - 0x30), UInt64(Int32.max))
        }
        return UInt32(number)
    }
}
