internal import GatewayTable
internal import Tokens

/// What claims must say (RFC 7519 section 4.1): functions over a token that was read and a policy, at an instant.
enum ClaimChecks {
    /// Checks everything but the signature and who calls.
    ///
    /// - Parameters:
    ///   - seconds: since 1970, of the real clock.
    ///   - needsEnd: what does not say when it ends is refused.
    /// - Returns: what is wrong, or `none` and the instant from which the token holds no more.
    static func judge(
        _ claims: borrowing JSONTree,
        _ policy: TokenPolicyRecord,
        _ view: TableView,
        seconds now: Int64,
        needsEnd: Bool = true
    ) -> (fault: TokenFault, expires: Int64) {
        let skew = Int64(policy.skewSeconds)
        var expires = TableLayout.never - skew
        if let end = claims.member(0, "exp") {
            guard let stated = seconds(claims, end, roundsUp: false) else { return (.malformed, 0) }
            if now >= stated + skew { return (.expired, 0) }
            expires = stated
        } else if needsEnd {
            return (.lifetime, 0)
        }
        let longest = Int64(policy.lifetimeSecondsMax)
        if longest > 0, expires - now > longest + skew { return (.lifetime, 0) }
        for name in ["nbf", "iat"] as [StaticString] {
            guard let index = claims.member(0, name) else { continue }
            guard let start = seconds(claims, index, roundsUp: true) else { return (.malformed, 0) }
            if now < start - skew { return (.notYetValid, 0) }
        }
        if policy.issuer.count > 0 {
            guard let issuer = unsafe claims.string(0, "iss"), unsafe equals(issuer, view.bytes(policy.issuer)) else {
                return (.issuer, 0)
            }
        }
        if policy.audiences.count > 0 {
            guard let audience = claims.member(0, "aud") else { return (.audience, 0) }
            guard names(claims, audience, oneOf: policy.audiences, view) else { return (.audience, 0) }
        }
        for index in policy.requirements.first..<policy.requirements.first + policy.requirements.count
        where !meets(claims, view.claimRequirements[index], view) { return (.claim, 0) }
        return (.none, expires + skew)
    }

    /// `aud` is a text or a list of texts, and nothing else.
    private static func names(
        _ claims: borrowing JSONTree,
        _ audience: UInt32,
        oneOf texts: RangeRecord,
        _ view: TableView
    ) -> Bool {
        func isWanted(_ index: UInt32, _ claims: borrowing JSONTree) -> Bool {
            guard claims[index].kind == .string else { return false }
            for text in texts.first..<texts.first + texts.count
            where unsafe equals(claims.bytes(index), view.bytes(view.tokenTexts[text])) { return true }
            return false
        }
        guard claims[audience].kind == .array else { return isWanted(audience, claims) }
        var index = claims[audience].child
        while index != 0 {
            if isWanted(index, claims) { return true }
            index = claims[index].next
        }
        return false
    }

    // MARK: Single claims

    /// The claim of a name: one that is called exactly so, or else one within others, with dots between their names.
    static func find(_ claims: borrowing JSONTree, _ name: TableBytes) -> UInt32? {
        guard claims.nodeCount > 0 else { return nil }
        let whole = unsafe UnsafeRawBufferPointer(start: name.base, count: name.count)
        if let index = unsafe claims.member(0, whole) { return index }
        var object: UInt32 = 0
        var start = 0
        var depth = 0
        for end in 0...name.count where end == name.count || name[end] == ASCII.dot {
            let part = unsafe UnsafeRawBufferPointer(rebasing: whole[start..<end])
            guard let index = unsafe claims.member(object, part) else { return nil }
            object = index
            start = end + 1
            depth += 1
        }
        return depth > 1 ? object : nil
    }

    static func meets(_ claims: borrowing JSONTree, _ record: ClaimRequirementRecord, _ view: TableView) -> Bool {
        let name = view.bytes(record.claim)
        let isScope = Bytes(name).equals(Bytes("scope"))
        var found = find(claims, name)
        if isScope, found == nil { found = claims.member(0, "scp") }
        guard let found else { return false }
        let hasWords = isScope || Bytes(name).equals(Bytes("scp"))
        for text in record.values.first..<record.values.first + record.values.count {
            let isThere = says(claims, found, view.bytes(view.tokenTexts[text]), hasWords: hasWords)
            if isThere != record.needsAll { return isThere }
        }
        return record.needsAll
    }

    /// Whether a value is a text, or holds it.
    ///
    /// - Parameter hasWords: a text holds words between spaces (RFC 8693 section 4.2).
    private static func says(
        _ claims: borrowing JSONTree,
        _ index: UInt32,
        _ text: TableBytes,
        hasWords: Bool
    ) -> Bool {
        switch claims[index].kind {
        case .string: return unsafe hasWords ? hasWord(claims.bytes(index), text) : equals(claims.bytes(index), text)
        case .number: return unsafe equals(claims.bytes(index), text)
        case .yes: return Bytes(text).equals(Bytes("true"))
        case .no: return Bytes(text).equals(Bytes("false"))
        case .null, .object: return false
        case .array:
            var element = claims[index].child
            while element != 0 {
                if claims[element].kind != .array, says(claims, element, text, hasWords: false) { return true }
                element = claims[element].next
            }
            return false
        }
    }

    private static func hasWord(_ bytes: UnsafeRawBufferPointer, _ word: TableBytes) -> Bool {
        var start = 0
        for end in 0...bytes.count where end == bytes.count || (unsafe bytes[end] == ASCII.space) {
            if unsafe equals(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), word) { return true }
            start = end + 1
        }
        return false
    }

    private static func equals(_ left: UnsafeRawBufferPointer, _ right: TableBytes) -> Bool {
        unsafe JSONTree.areEqual(left, UnsafeRawBufferPointer(start: right.base, count: right.count))
    }

    // MARK: Times

    /// A NumericDate in whole seconds; `nil` if it is none, or too large to be one.
    private static func seconds(_ claims: borrowing JSONTree, _ index: UInt32, roundsUp: Bool) -> Int64? {
        guard claims[index].kind == .number else { return nil }
        let digits = unsafe claims.bytes(index)
        var place = 0
        let isNegative = unsafe digits[0] == 0x2D
        if isNegative { place = 1 }
        var value: Int64 = 0
        while place < digits.count, unsafe digits[place] &- 0x30 < 10 {
            guard value < 1_000_000_000_000 else { return nil }
            value = unsafe value * 10 + Int64(digits[place] - 0x30)
            place += 1
        }
        var hasFraction = false
        if place < digits.count {
            guard unsafe digits[place] == ASCII.dot else { return nil }
            place += 1
            while place < digits.count {
                guard unsafe digits[place] &- 0x30 < 10 else { return nil }
                if unsafe digits[place] != 0x30 { hasFraction = true }
                place += 1
            }
        }
        if isNegative { return hasFraction && !roundsUp ? -value - 1 : -value }
        return hasFraction && roundsUp ? value + 1 : value
    }

    // MARK: Header fields

    /// Appends what a claim says as the value of a header field.
    ///
    /// - Returns: whether it can stand in one; if not, a part may have been written. Objects cannot, nor texts with
    ///   control bytes, nor a list of which one text holds a comma.
    static func append(_ claims: borrowing JSONTree, _ index: UInt32, to output: inout ByteWriter) -> Bool {
        guard claims[index].kind == .array else { return appendOne(claims, index, isElement: false, to: &output) }
        var element = claims[index].child
        while element != 0 {
            guard claims[element].kind != .array, appendOne(claims, element, isElement: true, to: &output) else {
                return false
            }
            element = claims[element].next
            if element != 0 { output.append(byte: ASCII.comma) }
        }
        return claims[index].child != 0
    }

    private static func appendOne(
        _ claims: borrowing JSONTree,
        _ index: UInt32,
        isElement: Bool,
        to output: inout ByteWriter
    ) -> Bool {
        switch claims[index].kind {
        case .yes: output.append("true")
        case .no: output.append("false")
        case .number, .string:
            let bytes = unsafe claims.bytes(index)
            for offset in 0..<bytes.count {
                let byte = unsafe bytes[offset]
                guard !ASCII.isControl(byte), !isElement || byte != ASCII.comma else { return false }
                output.append(byte: byte)
            }
        case .null, .object, .array: return false
        }
        return true
    }
}
