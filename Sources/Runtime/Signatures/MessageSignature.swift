internal import Digests
internal import GatewayTable

// HTTP Message Signatures (RFC 9421): `Signature-Input` says what is signed, `Signature` holds the code.

extension RequestSignature {
    /// The signature that counts.
    ///
    /// - Parameters:
    ///   - label: which of several; empty if there may be only one.
    ///   - fault: why there is none.
    static func ofMessage(_ fields: FieldsView, label: Bytes, fault: inout SignatureFault) -> RequestSignature? {
        fault = .malformed
        var signature = RequestSignature()
        guard let label = signature.readInput(fields, label), let code = code(fields, label) else { return nil }
        signature.code = code
        guard signature.takeParameters(&fault) else { return nil }
        fault = .none
        return signature
    }

    /// - Returns: the label of the signature that was read.
    private mutating func readInput(_ fields: FieldsView, _ wanted: Bytes) -> Bytes? {
        let name = Bytes("signature-input")
        var found: Bytes?
        var (memberCount, byteCount) = (0, 0)
        var line = fields.firstIndex(ofName: name)
        while let index = line {
            byteCount += fields.value(index).count
            guard byteCount <= RequestSignature.fieldBytesMax else { return nil }
            var reader = StructuredReader(fields.value(index))
            while !reader.isAtEnd {
                var candidate = RequestSignature()
                var isPlain = true
                guard memberCount < RequestSignature.memberCountMax, let key = reader.key(), reader.take(0x3D),
                    candidate.readList(&reader, isPlain: &isPlain), reader.endMember()
                else { return nil }
                memberCount += 1
                guard wanted.isEmpty || key.equals(wanted) else { continue }
                guard found == nil, isPlain else { return nil }
                found = key
                self = candidate
            }
            line = fields.firstIndex(ofName: name, from: index + 1)
        }
        return found
    }

    /// `("@method" "date");created=1618884473;keyid="acme"`.
    ///
    /// - Parameter isPlain: becomes false if a component has parameters, which are for other verifiers.
    private mutating func readList(_ reader: inout StructuredReader, isPlain: inout Bool) -> Bool {
        guard reader.take(0x28) else { return false }
        var isSeparate = true
        while true {
            isSeparate = reader.skipSpaces() || isSeparate
            if reader.take(0x29) { break }
            guard isSeparate, let item = reader.item(), item.kind == .string else { return false }
            var own = RequestSignature()
            guard own.readParameters(&reader) else { return false }
            if own.parameterCount > 0 {
                // The same component may stand there with other parameters.
                isPlain = false
            } else if isPlain {
                guard add(component: item.content) else { return false }
            }
            isSeparate = false
        }
        return readParameters(&reader)
    }

    private mutating func readParameters(_ reader: inout StructuredReader) -> Bool {
        while reader.take(0x3B) {
            _ = reader.skipSpaces()
            guard let key = reader.key() else { return false }
            var parameter = Parameter(key: key, item: StructuredItem(kind: .boolean, text: Bytes("?1")))
            if reader.take(0x3D) {
                guard let item = reader.item() else { return false }
                parameter.item = item
            }
            guard add(parameter: parameter) else { return false }
        }
        return true
    }

    /// The one code with a label, without the colons around it.
    private static func code(_ fields: FieldsView, _ label: Bytes) -> Bytes? {
        let name = Bytes("signature")
        var found: Bytes?
        var (memberCount, byteCount) = (0, 0)
        var line = fields.firstIndex(ofName: name)
        while let index = line {
            byteCount += fields.value(index).count
            guard byteCount <= fieldBytesMax else { return nil }
            var reader = StructuredReader(fields.value(index))
            while !reader.isAtEnd {
                var ignored = RequestSignature()
                guard memberCount < memberCountMax, let key = reader.key(), reader.take(0x3D),
                    let item = reader.item(), item.kind == .bytes, ignored.readParameters(&reader), reader.endMember()
                else { return nil }
                memberCount += 1
                guard key.equals(label) else { continue }
                guard found == nil else { return nil }
                found = item.content
            }
            line = fields.firstIndex(ofName: name, from: index + 1)
        }
        return found
    }

    /// Parameters that mean something have the type that they must have; others are signed, and mean nothing.
    private mutating func takeParameters(_ fault: inout SignatureFault) -> Bool {
        for index in 0..<parameterCount {
            let (key, item) = (parameters[index].key, parameters[index].item)
            if key.equals(Bytes("created")) || key.equals(Bytes("expires")) {
                guard let instant = item.integer else { return false }
                if key[0] == 0x63 { created = instant } else { expires = instant }
            } else if key.equals(Bytes("keyid")) {
                guard item.kind == .string else { return false }
                keyID = item.content
            } else if key.equals(Bytes("alg")) {
                guard item.kind == .string else { return false }
                guard item.content.equals(Bytes("hmac-sha256")) else {
                    fault = .algorithm
                    return false
                }
            } else if key.equals(Bytes("nonce")) || key.equals(Bytes("tag")) {
                guard item.kind == .string else { return false }
            }
        }
        return true
    }

    /// Adds the signature base (RFC 9421 section 2.5) to the base's code.
    ///
    /// - Returns: whether the request has all that is signed.
    func append(messageText request: SignedRequest, to base: inout SignatureBase) -> Bool {
        for index in 0..<componentCount {
            base.add("\"")
            base.add(components[index])
            base.add("\": ")
            guard base.add(component: components[index], of: request) else { return false }
            base.add("\n")
        }
        base.add("\"@signature-params\": (")
        for index in 0..<componentCount {
            base.add(index == 0 ? "\"" : " \"")
            base.add(components[index])
            base.add("\"")
        }
        base.add(")")
        for index in 0..<parameterCount {
            base.add(";")
            base.add(parameters[index].key)
            let item = parameters[index].item
            // What is true is written by its name alone (RFC 9651 section 4.1.1.2).
            if item.kind == .boolean, item.text[1] == 0x31 { continue }
            base.add("=")
            base.add(item.text)
        }
        return true
    }
}
