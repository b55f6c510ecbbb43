internal import Digests
internal import GatewayTable

// Who calls. Whatever is presented becomes a digest, and digests are looked up, so that the time of a comparison tells
// nothing. A credential that is wrong is refused even where one is optional.

/// What a request has of a credential.
enum FoundCredential {
    case absent
    /// Several, or not well-formed: as good as a wrong one.
    case unusable
    case present(Bytes)
}

extension Worker {
    // MARK: key-auth

    mutating func authenticateKey(_ x: Int32, _ fields: FieldsView, name: Bytes, argument: UInt16) -> RefusalKind {
        let forwards = argument & InstructionFlag.forwardsCredential != 0
        let found: FoundCredential =
            switch KeySourceCode(rawValue: UInt8(truncatingIfNeeded: argument)) {
            case .header: headerKey(fields, name, forwards: forwards)
            case .query: queryKey(name, forwards: forwards)
            case .cookie: cookieKey(fields, name, forwards: forwards)
            case nil: .unusable
            }
        switch found {
        case .absent: return missing(argument, .unauthenticated)
        case .present(let key) where key.count > 0 && key.count <= Limits.keyBytesMax:
            return find(x, key, .key) ? .none : refused(.unauthenticated)
        case .present, .unusable: return refused(.unauthenticated)
        }
    }

    mutating func missing(_ argument: UInt16, _ kind: RefusalKind) -> RefusalKind {
        argument & InstructionFlag.isOptional != 0 ? .none : refused(kind)
    }

    mutating func refused(_ kind: RefusalKind) -> RefusalKind {
        metrics.add(.unauthenticated)
        return kind
    }

    /// Finds the consumer whose credential has this message.
    ///
    /// - Returns: whether there is one, it holds now, and nobody else was found before.
    private mutating func find(_ x: Int32, _ message: Bytes, _ scheme: CredentialScheme) -> Bool {
        guard let credential = lookUp(x, message, scheme) else { return false }
        return adopt(x, credential: credential)
    }

    /// The credential that has this message, if it holds now.
    mutating func lookUp(_ x: Int32, _ message: Bytes, _ scheme: CredentialScheme) -> UInt32? {
        let loaded = exchanges[x].table
        // The message is valid until the head moves, or the scratch is used again.
        let digest = unsafe loaded.digest(UnsafeRawBufferPointer(message.buffer))
        let credential = loaded.credentials.find(digest: digest)
        guard credential != TableLayout.none else { return nil }
        // An index of the table's own.
        let record = unsafe loaded.view.credentials.pointer(credential)
        let seconds = wall / 1000
        guard unsafe record.pointee.scheme == scheme.rawValue, unsafe record.pointee.notBefore <= seconds,
            unsafe seconds < record.pointee.expires
        else { return nil }
        return credential
    }

    /// - Returns: whether nobody else was found before.
    mutating func adopt(_ x: Int32, credential: UInt32) -> Bool {
        let consumer = exchanges[x].table.view.credentials[credential].consumer
        guard exchanges[x].consumer == TableLayout.none || exchanges[x].consumer == consumer else { return false }
        exchanges[x].credential = credential
        exchanges[x].consumer = consumer
        return true
    }

    /// The one field of the name.
    private mutating func headerKey(_ fields: FieldsView, _ name: Bytes, forwards: Bool) -> FoundCredential {
        guard let index = fields.firstIndex(ofName: name) else { return .absent }
        guard fields.firstIndex(ofName: name, from: index + 1) == nil else { return .unusable }
        if !forwards { head.table.fields[index].isDropped = true }
        return .present(fields.value(index))
    }

    /// - Parameter isVerbatim: nothing that needs an escape can be a credential, so that it is taken as it stands.
    mutating func queryKey(_ name: Bytes, forwards: Bool, isVerbatim: Bool = false) -> FoundCredential {
        var found = FoundCredential.absent
        var parameters = QueryParameters(head.query)
        while let parameter = parameters.next() {
            guard parameter.name.equalsDecoded(name) else { continue }
            guard case .absent = found else { return .unusable }
            if isVerbatim {
                found = .present(parameter.value)
            } else {
                guard let decoded = decoded(parameter.value) else { return .unusable }
                found = .present(decoded)
            }
            if !forwards {
                // With the `&` behind it, or else the one before it, or else the whole query.
                let hasMore = parameter.end < head.query.count
                edits.queryCut =
                    hasMore
                    ? Cut(start: parameter.start, end: parameter.end + 1)
                    : Cut(start: parameter.start - 1, end: parameter.end)
            }
        }
        return found
    }

    /// A key without its escapes, in the scratch.
    private mutating func decoded(_ value: Bytes) -> Bytes? {
        guard value.count <= Limits.keyBytesMax else { return nil }
        var decoded = ByteWriter(bodyScratch)
        var index = 0
        while index < value.count {
            guard let byte = value.decodedByte(at: &index) else { return nil }
            decoded.append(byte: byte)
        }
        return decoded.written
    }

    mutating func cookieKey(_ fields: FieldsView, _ name: Bytes, forwards: Bool) -> FoundCredential {
        var found = FoundCredential.absent
        var field = fields.firstIndex(ofName: Bytes("cookie"))
        while let index = field {
            let value = fields.value(index)
            var start = 0
            while start < value.count {
                let end = value.firstIndex(of: 0x3B, from: start) ?? value.count
                let pair = value[start..<end].trimmed
                if pair.count > name.count, pair[name.count] == 0x3D, pair[0..<name.count].equals(name) {
                    guard case .absent = found else { return .unusable }
                    found = .present(pair.from(name.count + 1))
                    if !forwards {
                        edits.cookieField = index
                        edits.cookieCut = Cut(start: start, end: min(end + 1, value.count))
                        head.table.fields[index].isDropped = true
                    }
                }
                start = end + 1
            }
            field = fields.firstIndex(ofName: Bytes("cookie"), from: index + 1)
        }
        return found
    }

    // MARK: basic-auth

    /// RFC 7617: `Basic` and the base64 of user name, colon and password.
    mutating func authenticateBasic(_ x: Int32, _ fields: FieldsView, argument: UInt16) -> RefusalKind {
        let name = Bytes("authorization")
        guard let index = fields.firstIndex(ofName: name) else { return missing(argument, .unauthenticatedBasic) }
        let value = fields.value(index)
        guard value.count > 6, value[0..<6].equalsIgnoringCase(Bytes("basic ")) else {
            return missing(argument, .unauthenticatedBasic)
        }
        if argument & InstructionFlag.forwardsCredential == 0 { head.table.fields[index].isDropped = true }
        guard fields.firstIndex(ofName: name, from: index + 1) == nil, value.count <= 2 * Limits.keyBytesMax else {
            return refused(.unauthenticatedBasic)
        }
        var message = ByteWriter(bodyScratch)
        let start = CredentialMessage.basicStart
        for index in start.indices { message.append(byte: start[index]) }
        guard Base64.decode(value.from(6).trimmed, into: &message), find(x, message.written, .basic) else {
            return refused(.unauthenticatedBasic)
        }
        return .none
    }

    // MARK: mtls-auth

    /// The handshake has checked the certificate; here it is asked whose it is. One that is nobody's is no credential.
    mutating func authenticateCertificate(_ x: Int32, argument: UInt16) -> RefusalKind {
        let client = exchanges[x].client
        let carrier = sockets[client].transport == .stream ? http2[client].carrier : client
        guard sockets[carrier].transport == .tls, let identity = sockets[carrier].tls.identity else {
            return missing(argument, .unauthenticatedCertificate)
        }
        if findCertificate(x, 0x66, identity.fingerprint) { return .none }
        if !identity.subject.isEmpty, findCertificate(x, 0x73, identity.subject) { return .none }
        var names = ListElements(identity.names)
        while let name = names.next() {
            if findCertificate(x, 0x6E, name) { return .none }
        }
        return missing(argument, .unauthenticatedCertificate)
    }

    private mutating func findCertificate(_ x: Int32, _ kind: UInt8, _ bytes: Bytes) -> Bool {
        var message = ByteWriter(bodyScratch)
        let start = CredentialMessage.certificateStart
        for index in start.indices { message.append(byte: start[index]) }
        message.append(byte: kind)
        message.append(bytes)
        return find(x, message.written, .certificate)
    }

    // MARK: authentication

    /// Behind optional credentials: somebody must have been found, or passes as the anonymous consumer.
    mutating func requireConsumer(_ x: Int32, argument: UInt16, anonymous: UInt32) -> RefusalKind {
        let credential = exchanges[x].credential
        if argument == 1 {
            let scheme =
                credential == TableLayout.none ? nil : exchanges[x].table.view.credentials[credential].scheme
            return scheme == CredentialScheme.key.rawValue ? .none : refused(.unauthenticated)
        }
        if exchanges[x].consumer != TableLayout.none || exchanges[x].hasToken { return .none }
        guard anonymous != TableLayout.none else { return refused(.unauthenticatedAny) }
        exchanges[x].consumer = anonymous
        return .none
    }

    /// The challenges of a 401 (RFC 9110 section 11.6.1): what the route's program would take.
    mutating func appendChallenges(_ x: Int32, _ view: TableView, to fields: inout ByteWriter) {
        guard exchanges[x].route != TableLayout.none else { return }
        var counter = view.programs[view.routes[exchanges[x].route].program].requestEntry
        var hasKey = false
        while let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: view.code[counter])), !opcode.isTerminal {
            switch opcode {
            case .authenticateKey:
                if !hasKey { appendChallenge("ApiKey", view, to: &fields) }
                hasKey = true
            case .authenticateBasic: appendChallenge("Basic", view, to: &fields)
            case .authenticateCertificate: appendChallenge("Certificate", view, to: &fields)
            case .authenticateSignature:
                let policy = view.signaturePolicies[view.code[counter + 1]]
                if policy.takesMessages { appendChallenge("Signature", view, to: &fields) }
                if policy.takesKong { appendChallenge("hmac", view, to: &fields) }
                fields.append(Bytes(view.bytes(policy.challenge)))
            case .authenticateToken, .introspectToken: appendTokenChallenge(x, view, to: &fields)
            default: break
            }
            counter += view.code[counter] >> 8 & 0xFF
        }
    }

    private func appendChallenge(_ scheme: StaticString, _ view: TableView, to fields: inout ByteWriter) {
        fields.append("WWW-Authenticate: ")
        fields.append(scheme)
        fields.append(" realm=\"")
        fields.append(Bytes(view.bytes(view.gateway.name)))
        fields.append("\"\r\n")
    }
}
