internal import Digests
internal import GatewayTable
internal import Tokens

// oauth2-introspection: the server that issued a token says what it is worth (RFC 7662). What it said is kept for a
// while under the token's digest; only what is not known is asked for.

extension Worker {
    // MARK: Asking

    /// Finds out who calls by a token.
    ///
    /// - Returns: `nil` if the server must be asked.
    mutating func introspectToken(
        _ x: Int32,
        _ fields: FieldsView,
        _ index: UInt32,
        argument: UInt16
    ) -> RefusalKind? {
        let loaded = exchanges[x].table
        let record = loaded.view.introspections[index]
        let policy = unsafe loaded.view.tokenPolicies.pointer(record.policy)
        // The client's own fields of these names are dropped from here on, whether there is a token or not.
        exchanges[x].tokenPolicy = record.policy
        let name = Bytes(loaded.view.bytes(unsafe policy.pointee.placeName))
        let token: Bytes
        switch findToken(fields, name, place: unsafe policy.pointee.place, forwards: unsafe policy.pointee.forwards) {
        case .absent:
            if argument & InstructionFlag.isOptional != 0 { return RefusalKind.none }
            metrics.add(.unauthenticated)
            return .unauthenticatedIntrospection
        case .unusable: return refuseToken(x, .malformed).ofIntrospection
        case .present(let found): token = found
        }
        guard token.count <= TokenReader.tokenBytesMax else { return refuseToken(x, .tooLong).ofIntrospection }
        guard FormText.isToken(token) else { return refuseToken(x, .malformed).ofIntrospection }
        let known = desk.answers.known.find(
            desk.cache.digest(token),
            policy: record.policy,
            generation: loaded.number,
            keyVersion: 0,
            seconds: wall / 1000
        )
        edits.token = token
        guard known >= 0 else { return nil }
        metrics.add(.tokensKnown)
        if desk.answers.text(known).isEmpty { return refuseToken(x, .inactive).ofIntrospection }
        edits.knownAnswer = known
        return adopt(x, desk.answers.known[known], token).ofIntrospection
    }

    /// Writes the question for the request's token: a form (RFC 7662 section 2.1).
    ///
    /// - Returns: whether it fits.
    mutating func writeIntrospection(_ x: Int32, _ index: UInt32, into block: Block) -> Bool {
        let loaded = exchanges[x].table
        var output = ByteWriter(block)
        output.append("POST ")
        output.append(Bytes(loaded.view.bytes(loaded.view.introspections[index].path)))
        output.append(" HTTP/1.1\r\n")
        exchanges[x].hostLineStart = Int32(output.count)
        exchanges[x].hostLineCount = 0
        // The first use of a token may retain the secret that it is asked about with.
        output.append(loaded.generation.tokenKeys.clients.line(index))
        output.append("Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
        let (start, end) = (Bytes("token="), Bytes("&token_type_hint=access_token"))
        var count = start.count + end.count
        for place in 0..<edits.token.count { count += FormText.isPlain(edits.token[place]) ? 1 : 3 }
        output.append(decimal: UInt64(count))
        output.append("\r\n\r\n")
        output.append(start)
        output.append(form: edits.token)
        output.append(end)
        return endUpstreamHead(x, output)
    }

    // MARK: Hearing

    /// Keeps what came of an answer's body, if it is about a token.
    ///
    /// - Returns: whether it fits.
    mutating func keepBody(_ x: Int32, _ data: Bytes) -> Bool {
        guard case .introspection = consultations[x].question, !data.isEmpty else { return true }
        let block = consultations[x].claims ?? blocks.take()
        consultations[x].claims = block
        let start = Int(consultations[x].claimsCount)
        guard start + data.count <= TokenReader.tokenBytesMax else { return false }
        block.copy(data, to: start)
        consultations[x].claimsCount = Int32(start + data.count)
        return true
    }

    /// What is known of the request's token may give way before its claims are needed again.
    mutating func keepKnownAnswer(_ x: Int32) {
        guard edits.knownAnswer >= 0 else { return }
        let text = desk.answers.text(edits.knownAnswer)
        let block = consultations[x].claims ?? blocks.take()
        block.copy(text, to: 0)
        (consultations[x].claims, consultations[x].claimsCount) = (block, Int32(text.count))
    }

    /// Judges what the server said of the request's token, and keeps it.
    mutating func takeIntrospection(_ x: Int32, _ index: UInt32) -> RefusalKind {
        let loaded = exchanges[x].table
        let record = loaded.view.introspections[index]
        let text = consultations[x].claimsText
        let seconds = wall / 1000
        // Valid until the block is given back.
        guard unsafe desk.reader.readClaims(object: UnsafeRawBufferPointer(text.buffer)),
            let active = desk.reader.claims.member(0, "active"),
            desk.reader.claims[active].kind == .yes || desk.reader.claims[active].kind == .no
        else {
            metrics.add(.introspectionsFailed)
            return .introspectionUnavailable
        }
        edits.isTokenRead = true
        var verified = VerifiedToken()
        verified.digest = desk.cache.digest(edits.token)
        verified.generation = loaded.number
        verified.policy = record.policy
        let fault = judgeIntrospection(loaded, record, isActive: desk.reader.claims[active].kind == .yes, &verified)
        guard fault == .none else {
            metrics.add(.introspectionsRefused)
            verified.expires = seconds + Int64(record.keepsRefusedSeconds)
            keep(verified, Bytes.empty, seconds: seconds)
            return refuseToken(x, fault).ofIntrospection
        }
        metrics.add(.introspectionsActive)
        verified.expires = min(verified.expires, seconds + Int64(record.keepsSeconds))
        if text.count <= IntrospectionCache.textBytesMax { keep(verified, text, seconds: seconds) }
        return adopt(x, verified, edits.token).ofIntrospection
    }

    /// Checks what stands in the reader, and finds out who calls.
    private mutating func judgeIntrospection(
        _ loaded: LoadedTableReference,
        _ record: IntrospectionRecord,
        isActive: Bool,
        _ verified: inout VerifiedToken
    ) -> TokenFault {
        guard isActive else { return .inactive }
        let policy = loaded.view.tokenPolicies[record.policy]
        let seconds = wall / 1000
        let (fault, expires) = ClaimChecks.judge(
            desk.reader.claims,
            policy,
            loaded.view,
            seconds: seconds,
            needsEnd: false
        )
        guard fault == .none else { return fault }
        verified.expires = expires
        verified.subject = subject(verified)
        guard policy.consumerClaim.count > 0 else { return .none }
        let claim = loaded.view.bytes(policy.consumerClaim)
        return findConsumer(loaded, claim: claim, seconds: seconds, into: &verified) ? .none : .consumer
    }

    private mutating func keep(_ verified: VerifiedToken, _ text: Bytes, seconds: Int64) {
        guard verified.expires > seconds else { return }
        let place = desk.answers.known.insert(verified, seconds: seconds)
        desk.answers.setText(text, of: place)
    }
}

extension ByteWriter {
    /// A text in a form.
    mutating func append(form bytes: Bytes) {
        for index in 0..<bytes.count {
            let byte = bytes[index]
            guard !FormText.isPlain(byte) else {
                append(byte: byte)
                continue
            }
            append(byte: ASCII.percent)
            append(byte: FormText.digit(byte >> 4))
            append(byte: FormText.digit(byte & 15))
        }
    }
}

extension RefusalKind {
    /// The same refusal, in the name of this plugin.
    fileprivate var ofIntrospection: RefusalKind {
        self == .unauthenticatedToken ? .unauthenticatedIntrospection : self
    }
}
