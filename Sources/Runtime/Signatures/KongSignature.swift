internal import GatewayTable

// Kong's scheme, after an expired draft of HTTP signatures:
// `Authorization: hmac username="acme", algorithm="hmac-sha256", headers="date request-line", signature="…"`.

extension RequestSignature {
    /// - Parameters:
    ///   - value: of `Authorization`, behind the scheme's name.
    ///   - fault: why there is none.
    static func ofKong(_ value: Bytes, _ fields: FieldsView, fault: inout SignatureFault) -> RequestSignature? {
        fault = .malformed
        guard value.count <= fieldBytesMax else { return nil }
        var signature = RequestSignature()
        signature.isKong = true
        var (algorithm, headers) = (Bytes.empty, Bytes.empty)
        var reader = StructuredReader(value)
        while !reader.isAtEnd {
            guard let key = reader.key(), reader.take(0x3D), let item = reader.item(), item.kind == .string,
                !item.content.isEmpty, item.content.firstIndex(of: 0x5C) == nil, reader.endMember(),
                signature.add(parameter: Parameter(key: key, item: item))
            else { return nil }
            if key.equals(Bytes("username")) {
                signature.keyID = item.content
            } else if key.equals(Bytes("algorithm")) {
                algorithm = item.content
            } else if key.equals(Bytes("headers")) {
                headers = item.content
            } else if key.equals(Bytes("signature")) {
                signature.code = item.content
            } else {
                return nil
            }
        }
        guard signature.parameterCount == 4, signature.readNames(headers) else { return nil }
        guard algorithm.equals(Bytes("hmac-sha256")) else {
            fault = .algorithm
            return nil
        }
        guard signature.takeDate(fields) else { return nil }
        fault = .none
        return signature
    }

    private mutating func readNames(_ list: Bytes) -> Bool {
        var start = 0
        while let end = list.firstIndex(of: ASCII.space, from: start) {
            guard add(component: list[start..<end]) else { return false }
            start = end + 1
        }
        return add(component: list.from(start))
    }

    /// When it was made says `X-Date`, or `Date` where there is none of the former; it counts only if it is signed.
    private mutating func takeDate(_ fields: FieldsView) -> Bool {
        var name = Bytes("x-date")
        if fields.firstIndex(ofName: name) == nil { name = Bytes("date") }
        guard covers(name), let index = fields.firstIndex(ofName: name) else { return true }
        created = CalendarTime.instant(imfFixdate: fields.value(index).tableBytes)
        return created != nil
    }

    /// Adds the text that Kong's clients sign to the base's code.
    ///
    /// - Returns: whether the request has all that is signed.
    func append(kongText request: SignedRequest, to base: inout SignatureBase) -> Bool {
        for index in 0..<componentCount {
            if index > 0 { base.add("\n") }
            let name = components[index]
            if name.equalsIgnoringCase(Bytes("request-line")) {
                base.add(methodOf: request)
                base.add(" ")
                base.add(targetOf: request)
                base.add(" ")
                base.add(request.version)
                continue
            }
            base.add(name)
            base.add(": ")
            if name.equals(Bytes("@request-target")) {
                base.add(lowercasedMethodOf: request)
                base.add(" ")
                base.add(targetOf: request)
                continue
            }
            guard let value = only(name, of: request.fields) else { return false }
            base.note(field: name)
            base.add(value)
        }
        return true
    }

    /// The value of the one field of a name in any case.
    private func only(_ name: Bytes, of fields: FieldsView) -> Bytes? {
        var found: Bytes?
        for index in 0..<fields.count where fields.name(index).equals(inAnyCase: name) {
            guard found == nil else { return nil }
            found = fields.value(index)
        }
        return found
    }
}
