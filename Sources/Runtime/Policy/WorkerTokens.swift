internal import Digests
internal import GatewayTable
internal import Tokens

// jwt. A token that was checked before costs one keyed digest; everything else here is for the first time that it
// comes. What a client learns of a token that is refused is only that; why it was is for metrics and the access log.

/// What a worker needs for tokens: the memory to read one in, and those that it has checked.
struct TokenDesk: ~Copyable {
    var reader = TokenReader()
    let cache = TokenCache()
    let answers = IntrospectionCache()
}

extension Worker {
    mutating func authenticateToken(
        _ x: Int32,
        _ fields: FieldsView,
        policy index: UInt32,
        argument: UInt16
    ) -> RefusalKind {
        let loaded = exchanges[x].table
        // A record of the table's own; it is large, and one token needs a few fields of it.
        let policy = unsafe loaded.view.tokenPolicies.pointer(index)
        // The client's own fields of these names are dropped from here on, whether there is a token or not.
        exchanges[x].tokenPolicy = index
        let name = Bytes(loaded.view.bytes(unsafe policy.pointee.placeName))
        switch findToken(fields, name, place: unsafe policy.pointee.place, forwards: unsafe policy.pointee.forwards) {
        case .absent:
            if argument & InstructionFlag.isOptional != 0 { return .none }
            metrics.add(.unauthenticated)
            return .unauthenticatedToken
        case .unusable: return refuseToken(x, .malformed)
        case .present(let token): return takeToken(x, token, policy: index)
        }
    }

    private mutating func takeToken(_ x: Int32, _ token: Bytes, policy index: UInt32) -> RefusalKind {
        let loaded = exchanges[x].table
        let seconds = wall / 1000
        guard token.count > 0, token.count <= TokenReader.tokenBytesMax else {
            return refuseToken(x, token.isEmpty ? .malformed : .tooLong)
        }
        // Before the signature is checked: keys that change meanwhile make the entry void.
        let keyVersion = loaded.keyVersions[index]
        var verified = VerifiedToken()
        verified.digest = desk.cache.digest(token)
        let known = desk.cache.find(
            verified.digest,
            policy: index,
            generation: loaded.number,
            keyVersion: keyVersion,
            seconds: seconds
        )
        if known >= 0 {
            metrics.add(.tokensKnown)
            return adopt(x, desk.cache[known], token)
        }
        verified.generation = loaded.number
        verified.keyVersion = keyVersion
        verified.policy = index
        let refusal = check(x, token, seconds: seconds, into: &verified)
        guard refusal == .none else { return refusal }
        metrics.add(.tokensVerified)
        desk.cache.insert(verified, seconds: seconds)
        edits.isTokenRead = true
        return adopt(x, verified, token)
    }

    /// Takes over who a token is about.
    mutating func adopt(_ x: Int32, _ verified: VerifiedToken, _ token: Bytes) -> RefusalKind {
        if verified.consumer != TableLayout.none {
            guard exchanges[x].consumer == TableLayout.none || exchanges[x].consumer == verified.consumer else {
                return refuseToken(x, .consumer)
            }
            exchanges[x].consumer = verified.consumer
            exchanges[x].credential = verified.credential
        }
        exchanges[x].hasToken = true
        exchanges[x].subject = verified.subject
        edits.token = token
        return .none
    }

    mutating func refuseToken(_ x: Int32, _ fault: TokenFault) -> RefusalKind {
        metrics.add(.unauthenticated)
        metrics.add(WorkerCounter.of(fault))
        exchanges[x].tokenFault = fault
        return .unauthenticatedToken
    }

    // MARK: Checking

    /// Checks a token that is not known: first what costs little, the signature behind it.
    private mutating func check(
        _ x: Int32,
        _ token: Bytes,
        seconds: Int64,
        into verified: inout VerifiedToken
    ) -> RefusalKind {
        let loaded = exchanges[x].table
        let policy = loaded.view.tokenPolicies[verified.policy]
        let bytes = unsafe UnsafeRawBufferPointer(token.buffer)
        let form = unsafe desk.reader.read(bytes)
        guard form == .none else { return refuseToken(x, form) }
        guard policy.algorithms >> UInt32(desk.reader.algorithm.rawValue) & 1 != 0 else {
            return refuseToken(x, .algorithm)
        }
        let (fault, expires) = ClaimChecks.judge(desk.reader.claims, policy, loaded.view, seconds: seconds)
        guard fault == .none else { return refuseToken(x, fault) }
        verified.expires = expires
        // The first use of a token may retain the keys that it is checked by.
        let verdict = unsafe loaded.generation.tokens.judge(
            bytes,
            desk.reader,
            policy: verified.policy,
            allowed: policy.algorithms
        )
        switch verdict {
        case .holds: break
        case .doesNotHold: return refuseToken(x, .signature)
        case .unknownKey: return refuseToken(x, .unknownKey)
        case .noKeysYet:
            metrics.add(.keysUnavailable)
            return .keysUnavailable
        }
        verified.subject = subject(verified)
        guard policy.consumerClaim.count > 0 else { return .none }
        guard findConsumer(loaded, claim: loaded.view.bytes(policy.consumerClaim), seconds: seconds, into: &verified)
        else { return refuseToken(x, .consumer) }
        return .none
    }

    /// Who a token is about, as a number that tells nothing: issuer and subject, or, without a subject, the token.
    mutating func subject(_ verified: VerifiedToken) -> UInt64 {
        guard let subject = unsafe desk.reader.claims.string(0, "sub") else { return verified.digest.0 | 1 }
        // Where nodes count together they mean the same by a number.
        let view = current.view
        var hash = view.redis.count > 0 ? view.redis[0].seed : rates.seed
        if let issuer = unsafe desk.reader.claims.string(0, "iss") { hash = unsafe RateStore.hash(Bytes(issuer), hash) }
        return unsafe RateStore.hash(Bytes(subject), hash) | 1
    }

    /// The consumer by what a claim says: in tokens of this issuer, or of any.
    mutating func findConsumer(
        _ loaded: LoadedTableReference,
        claim: TableBytes,
        seconds: Int64,
        into verified: inout VerifiedToken
    ) -> Bool {
        guard let index = ClaimChecks.find(desk.reader.claims, claim) else { return false }
        let kind = desk.reader.claims[index].kind
        guard kind == .string || kind == .number else { return false }
        let value = unsafe Bytes(desk.reader.claims.bytes(index))
        let issuer = unsafe desk.reader.claims.string(0, "iss").map { unsafe Bytes($0) } ?? .empty
        let credential =
            find(loaded, issuer: issuer, value, seconds: seconds)
            ?? find(loaded, issuer: .empty, value, seconds: seconds)
        guard let credential else { return false }
        verified.consumer = loaded.view.credentials[credential].consumer
        verified.credential = credential
        verified.expires = min(verified.expires, loaded.view.credentials[credential].expires)
        return true
    }

    /// A credential that holds now.
    private mutating func find(
        _ loaded: LoadedTableReference,
        issuer: Bytes,
        _ value: Bytes,
        seconds: Int64
    ) -> UInt32? {
        var message = ByteWriter(bodyScratch)
        let start = CredentialMessage.tokenStart
        for index in start.indices { message.append(byte: start[index]) }
        message.append(issuer)
        message.append(byte: 0)
        message.append(value)
        // The message is valid until the scratch is used again.
        let digest = unsafe loaded.digest(UnsafeRawBufferPointer(message.written.buffer))
        let credential = loaded.credentials.find(digest: digest)
        guard credential != TableLayout.none else { return nil }
        let record = loaded.view.credentials[credential]
        guard record.scheme == CredentialScheme.token.rawValue, record.notBefore <= seconds, seconds < record.expires
        else { return nil }
        return credential
    }

    // MARK: Where it is

    mutating func findToken(
        _ fields: FieldsView,
        _ name: Bytes,
        place: UInt32,
        forwards: Bool
    ) -> FoundCredential {
        switch KeySourceCode(rawValue: UInt8(truncatingIfNeeded: place)) {
        case .header: return headerToken(fields, name, forwards: forwards)
        case .query: return queryKey(name, forwards: forwards, isVerbatim: true)
        case .cookie: return cookieKey(fields, name, forwards: forwards)
        case nil: return .unusable
        }
    }

    /// In `Authorization` behind `Bearer` (RFC 6750 section 2.1); in other fields the word may be left out.
    private mutating func headerToken(_ fields: FieldsView, _ name: Bytes, forwards: Bool) -> FoundCredential {
        guard let index = fields.firstIndex(ofName: name) else { return .absent }
        let value = fields.value(index)
        let hasScheme = value.count > 7 && value[0..<7].equalsIgnoringCase(Bytes("bearer "))
        let needsScheme = name.equals(Bytes("authorization"))
        // Other schemes are other plugins' business; without a token the word alone is an empty one.
        if needsScheme, !hasScheme {
            return value.equalsIgnoringCase(Bytes("bearer")) ? .unusable : .absent
        }
        if !forwards { head.table.fields[index].isDropped = true }
        guard fields.firstIndex(ofName: name, from: index + 1) == nil else { return .unusable }
        return .present(hasScheme ? value.from(7).trimmed : value)
    }

    // MARK: acl by claims, and claims as header fields

    /// Refuses who comes without a token, or with one that does not say all of it.
    mutating func requireClaims(_ x: Int32, _ range: RangeRecord) -> RefusalKind {
        let view = exchanges[x].table.view
        guard exchanges[x].hasToken, readClaims(x) else { return refuseClaims() }
        for index in range.first..<range.first + range.count
        where !ClaimChecks.meets(desk.reader.claims, view.claimRequirements[index], view) { return refuseClaims() }
        return .none
    }

    private mutating func refuseClaims() -> RefusalKind {
        metrics.add(.forbidden)
        return .claimsInsufficient
    }

    /// Reads the claims of the request's token, if that was not done yet.
    private mutating func readClaims(_ x: Int32) -> Bool {
        if edits.isTokenRead { return true }
        if edits.knownAnswer >= 0 { return readAnswer(desk.answers.text(edits.knownAnswer)) }
        if exchanges[x].consultation == .done, consultations[x].claimsCount > 0 {
            return readAnswer(consultations[x].claimsText)
        }
        // Valid as long as the request's head does not move.
        edits.isTokenRead = unsafe desk.reader.readClaims(UnsafeRawBufferPointer(edits.token.buffer))
        return edits.isTokenRead
    }

    /// What the request's token says under a name; empty if it is no text, number or truth.
    mutating func claim(_ x: Int32, _ name: TableBytes) -> Bytes {
        guard exchanges[x].hasToken, readClaims(x), let index = ClaimChecks.find(desk.reader.claims, name) else {
            return .empty
        }
        switch desk.reader.claims[index].kind {
        // Valid until other claims are read.
        case .string, .number: return unsafe Bytes(desk.reader.claims.bytes(index))
        case .yes: return Bytes("true")
        case .no: return Bytes("false")
        case .null, .array, .object: return .empty
        }
    }

    /// Reads what an authorization server said of the request's token.
    private mutating func readAnswer(_ text: Bytes) -> Bool {
        // Valid as long as nobody else's answer takes its place.
        edits.isTokenRead = unsafe desk.reader.readClaims(object: UnsafeRawBufferPointer(text.buffer))
        return edits.isTokenRead
    }

    /// Marks the client's own fields that claims are sent by.
    mutating func dropClaimFields(_ x: Int32, _ view: TableView) {
        guard exchanges[x].tokenPolicy != TableLayout.none else { return }
        let headers = view.tokenPolicies[exchanges[x].tokenPolicy].headers
        for index in headers.first..<headers.first + headers.count {
            head.table.drop(name: Bytes(view.bytes(view.claimHeaders[index].headerLowercase)), in: head.message)
        }
    }

    /// The same for trailers.
    mutating func dropClaimTrailers(_ x: Int32, _ view: TableView) {
        guard exchanges[x].tokenPolicy != TableLayout.none else { return }
        let headers = view.tokenPolicies[exchanges[x].tokenPolicy].headers
        for index in headers.first..<headers.first + headers.count {
            exchanges[x].trailers.drop(name: Bytes(view.bytes(view.claimHeaders[index].headerLowercase)))
        }
    }

    /// What the upstream gets to know of the token. A claim that cannot stand in a field is left out.
    mutating func appendClaims(_ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        guard exchanges[x].hasToken else { return }
        let headers = view.tokenPolicies[exchanges[x].tokenPolicy].headers
        guard headers.count > 0, readClaims(x) else { return }
        for index in headers.first..<headers.first + headers.count {
            let record = view.claimHeaders[index]
            guard let claim = ClaimChecks.find(desk.reader.claims, view.bytes(record.claim)) else { continue }
            var line = output
            line.append(Bytes(view.bytes(record.header)))
            line.append(": ")
            guard ClaimChecks.append(desk.reader.claims, claim, to: &line) else { continue }
            line.append("\r\n")
            // The writer is a place in memory: what was written behind it counts only from here on.
            output = line
        }
    }

    // MARK: Challenges

    /// RFC 6750 section 3: nothing more is said than that a token is not taken, or does not say enough.
    mutating func appendTokenChallenge(_ x: Int32, _ view: TableView, to fields: inout ByteWriter) {
        fields.append("WWW-Authenticate: Bearer realm=\"")
        fields.append(Bytes(view.bytes(view.gateway.name)))
        fields.append("\"")
        if exchanges[x].refusal == .claimsInsufficient {
            fields.append(", error=\"insufficient_scope\"")
        } else if exchanges[x].tokenFault != .none {
            fields.append(", error=\"invalid_token\"")
        }
        fields.append("\r\n")
    }
}

extension Bytes {
    /// - Precondition: the memory outlives the view.
    @inline(__always)
    init(_ buffer: UnsafeRawBufferPointer) {
        guard let base = buffer.baseAddress else {
            self = .empty
            return
        }
        unsafe self.init(base.assumingMemoryBound(to: UInt8.self), count: buffer.count)
    }
}

extension WorkerCounter {
    /// What counts tokens that are refused for a reason.
    static func of(_ fault: TokenFault) -> WorkerCounter {
        switch fault {
        case .none, .malformed: .tokensMalformed
        case .tooLong: .tokensTooLong
        case .algorithm: .tokensOfOtherAlgorithm
        case .critical: .tokensCritical
        case .unknownKey: .tokensOfUnknownKey
        case .signature: .tokensForged
        case .expired: .tokensExpired
        case .notYetValid: .tokensNotYetValid
        case .lifetime: .tokensTooLasting
        case .issuer: .tokensOfOtherIssuer
        case .audience: .tokensForOthers
        case .claim: .tokensLackingClaims
        case .consumer: .tokensOfNobody
        case .inactive: .tokensInactive
        }
    }
}
