/// What a client says of content codings (RFC 9110 section 12.5.3).
enum AcceptEncoding {
    /// Whether the client takes gzip, and likes it no less than the answer as it is. One that says nothing gets the
    /// latter.
    static func prefersGzip(_ fields: FieldsView) -> Bool {
        // In thousandths; -1 is unsaid.
        var (gzip, identity, others) = (-1, -1, -1)
        let name = Bytes("accept-encoding")
        var index = fields.firstIndex(ofName: name)
        while let found = index {
            var members = FieldMembers(fields.value(found))
            while let member = members.next() {
                let end = member.firstIndex(of: semicolon) ?? member.count
                guard let weight = weight(member.from(end)) else { continue }
                let coding = member[0..<end].trimmed
                if coding.equalsIgnoringCase("gzip") || coding.equalsIgnoringCase("x-gzip") {
                    gzip = weight
                } else if coding.equalsIgnoringCase("identity") {
                    identity = weight
                } else if coding.equalsIgnoringCase("*") {
                    others = weight
                }
            }
            index = fields.firstIndex(ofName: name, from: found + 1)
        }
        // What is not named is among the others. Where they are not named either, the answer as it is comes last.
        if gzip < 0 { gzip = max(others, 0) }
        if identity < 0 { identity = max(others, 0) }
        return gzip > 0 && gzip >= identity
    }

    private static var semicolon: UInt8 { 0x3B }

    /// `;q=0.5` in thousandths, 1000 if there is none; `nil` if it is not well-formed (RFC 9110 section 12.4.2).
    private static func weight(_ text: Bytes) -> Int? {
        guard !text.isEmpty else { return 1000 }
        let parameter = text.from(1).trimmed
        guard parameter.count >= 3, parameter.count <= 7, parameter[0] | 0x20 == 0x71, parameter[1] == 0x3D else {
            return nil
        }
        let value = parameter.from(2)
        guard value[0] & 0xFE == 0x30, value.count == 1 || value[1] == 0x2E else { return nil }
        var thousandths = Int(value[0] - 0x30) * 1000
        var place = 100
        for index in 2..<max(value.count, 2) {
            guard ASCII.isDigit(value[index]) else { return nil }
            thousandths += Int(value[index] - 0x30) * place
            place /= 10
        }
        return thousandths <= 1000 ? thousandths : nil
    }
}
