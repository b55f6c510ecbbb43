internal import Digests
internal import GatewayTable

// hmac-auth. A request is refused in one way, whatever is wrong with its signature, and a key that nobody has costs as
// much as one that somebody has.

extension Worker {
    mutating func authenticateSignature(
        _ x: Int32,
        _ fields: FieldsView,
        policy index: UInt32,
        argument: UInt16
    ) -> RefusalKind {
        let view = exchanges[x].table.view
        let policy = view.signaturePolicies[index]
        var fault = SignatureFault.none
        let signature: RequestSignature?
        if policy.takesMessages, fields.has("signature-input") || fields.has("signature") {
            if !policy.forwards {
                head.table.drop(name: Bytes("signature-input"), in: head.message)
                head.table.drop(name: Bytes("signature"), in: head.message)
            }
            signature = RequestSignature.ofMessage(fields, label: Bytes(view.bytes(policy.label)), fault: &fault)
        } else if policy.takesKong, let value = kongSignature(fields, forwards: policy.forwards) {
            signature = RequestSignature.ofKong(value, fields, fault: &fault)
        } else {
            return missing(argument, .unauthenticatedSignature)
        }
        guard let signature else { return refuseSignature(x, fault) }
        fault = check(x, signature, policy, fields)
        guard fault == .none else { return refuseSignature(x, fault) }
        // Else it is verified again when the body is there.
        if !edits.needsBody { metrics.add(.signaturesVerified) }
        return .none
    }

    /// What `Authorization` says behind `hmac`; nothing at all where there are several of the field.
    private mutating func kongSignature(_ fields: FieldsView, forwards: Bool) -> Bytes? {
        let name = Bytes("authorization")
        guard let index = fields.firstIndex(ofName: name) else { return nil }
        let value = fields.value(index)
        // The word alone is a credential without anything in it.
        guard !value.equalsIgnoringCase(Bytes("hmac")) else { return .empty }
        guard value.count > 5, value[0..<5].equalsIgnoringCase(Bytes("hmac ")) else { return nil }
        if !forwards { head.table.fields[index].isDropped = true }
        return fields.firstIndex(ofName: name, from: index + 1) == nil ? value.from(5) : .empty
    }

    private mutating func refuseSignature(_ x: Int32, _ fault: SignatureFault) -> RefusalKind {
        metrics.add(.unauthenticated)
        metrics.add(WorkerCounter.of(fault))
        exchanges[x].signatureFault = fault
        return .unauthenticatedSignature
    }

    /// Checks a signature that was read, and takes over whose it is.
    private mutating func check(
        _ x: Int32,
        _ signature: RequestSignature,
        _ policy: SignaturePolicyRecord,
        _ fields: FieldsView
    ) -> SignatureFault {
        let loaded = exchanges[x].table
        let age = signature.age(
            lifetime: policy.lifetimeSeconds,
            skew: policy.skewSeconds,
            seconds: wall / 1000
        )
        guard age == .none else { return age }
        for index in policy.fields.first..<policy.fields.first + policy.fields.count
        where !signature.covers(Bytes(loaded.view.bytes(loaded.view.tokenTexts[index]))) { return .incomplete }
        let credential = lookUp(x, signatureMessage(signature.keyID), .signature)
        var base = SignatureBase(loaded.signatureKeys.begin(credential))
        guard signature.append(signedRequest(x, fields), to: &base) else { return .malformed }
        guard policy.parts & ~base.parts & ~(hasBody ? 0 : SignedParts.bodyDigest) == 0 else { return .incomplete }
        let isGood = base.matches(signature.code, bodyScratch)
        guard let credential else { return .unknownKey }
        guard isGood else { return .forged }
        if policy.checksBody, base.parts & SignedParts.bodyDigest != 0 {
            guard isBodyAsSigned(x, fields) else { return .body }
            if edits.needsBody { return .none }
        }
        return adopt(x, credential: credential) ? .none : .consumer
    }

    /// Whether the body is the one of which `Content-Digest` speaks. One that is not there yet is asked for, and the
    /// program comes here again.
    private mutating func isBodyAsSigned(_ x: Int32, _ fields: FieldsView) -> Bool {
        guard exchanges[x].isBodyHeld || exchanges[x].body.isComplete else {
            edits.needsBody = true
            return true
        }
        let name = Bytes("content-digest")
        guard let index = fields.firstIndex(ofName: name), fields.firstIndex(ofName: name, from: index + 1) == nil
        else {
            return false
        }
        return ContentDigest.holds(fields.value(index), of: heldBody(x), bodyScratch)
    }

    private mutating func signatureMessage(_ keyID: Bytes) -> Bytes {
        var message = ByteWriter(bodyScratch)
        let start = CredentialMessage.signatureStart
        for index in start.indices { message.append(byte: start[index]) }
        message.append(keyID)
        return message.written
    }

    private var hasBody: Bool {
        mutating get { head.framing == .length ? head.contentLength > 0 : head.framing != .none }
    }

    private mutating func signedRequest(_ x: Int32, _ fields: FieldsView) -> SignedRequest {
        let client = exchanges[x].client
        return SignedRequest(
            fields: fields,
            method: head.method,
            authority: head.authority,
            path: edits.sentPath,
            query: head.query,
            isSecure: isSecure(client, fields),
            isOriginForm: head.message[head.method.count + 1] == ASCII.slash,
            version: sockets[client].transport == .stream
                ? "HTTP/2" : head.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1"
        )
    }

    /// Whether the client came by TLS, to the gateway or to a believed proxy before it.
    private mutating func isSecure(_ client: Int32, _ fields: FieldsView) -> Bool {
        let name = Bytes("x-forwarded-proto")
        guard sockets[client].isTrustedPeer, let index = fields.firstIndex(ofName: name),
            fields.firstIndex(ofName: name, from: index + 1) == nil
        else { return sockets[client].isSecure }
        return fields.value(index).equalsIgnoringCase(Bytes("https"))
    }
}

extension WorkerCounter {
    /// What counts signatures that are refused for a reason.
    static func of(_ fault: SignatureFault) -> WorkerCounter {
        switch fault {
        case .none, .malformed: .signaturesMalformed
        case .unknownKey: .signaturesOfUnknownKey
        case .algorithm: .signaturesOfOtherAlgorithm
        case .incomplete: .signaturesIncomplete
        case .forged: .signaturesForged
        case .expired: .signaturesExpired
        case .notYetValid: .signaturesNotYetValid
        case .consumer: .signaturesOfOthers
        case .body: .signaturesOfOtherBodies
        }
    }
}
