internal import GatewayIR

/// `${…}` in a scalar. `$${` stands for `${` itself.
enum Reference {
    /// What is wrong with a reference, and the range of its bytes in the scalar.
    struct Problem: Error, Equatable {
        enum Kind: Equatable {
            /// No `}`.
            case unterminated
            /// `${NAME}`.
            case noScheme(String)
            /// `${vault:…}`.
            case unknownScheme(String)
            /// `${build:}`, `${env:A B}`.
            case badName(scheme: String, name: String)
            case missingVariable(String)
            /// `${env:…}` or `${file:…}` where the build needs the value.
            case secret(scheme: String, isWhole: Bool)
        }

        var kind: Kind
        var range: Range<Int>
    }

    /// Replaces `${build:NAME}` from the build's environment.
    static func expand(_ text: ArraySlice<UInt8>, environment: [String: String]) throws(Problem) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.starts(with: "$${".utf8) {
                result += "${".utf8
                rest = rest.dropFirst(3)
            } else if rest.starts(with: "${".utf8) {
                let reference = try Parsed(at: dollar, in: text)
                result += try value(of: reference, in: text, environment: environment).utf8
                rest = text[reference.range.upperBound...]
            } else {
                result.append(UInt8(ascii: "$"))
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    /// The secret that a whole scalar names, or `nil` if the scalar is none.
    static func secret(_ text: ArraySlice<UInt8>) throws(Problem) -> SecretReference? {
        guard text.starts(with: "${".utf8) else { return nil }
        let reference = try Parsed(at: text.startIndex, in: text)
        guard reference.range.upperBound == text.endIndex else { return nil }
        switch reference.scheme {
        case "env": return .environment(reference.name)
        case "file": return .file(reference.name)
        default: return nil
        }
    }

    /// A reference taken apart.
    private struct Parsed {
        var scheme: String
        var name: String
        var range: Range<Int>

        init(at start: Int, in text: ArraySlice<UInt8>) throws(Problem) {
            guard let close = text[start...].firstIndex(of: UInt8(ascii: "}")) else {
                throw Problem(kind: .unterminated, range: start..<text.endIndex)
            }
            range = start..<close + 1
            let inner = text[(start + 2)..<close]
            guard let colon = inner.firstIndex(of: UInt8(ascii: ":")) else {
                throw Problem(kind: .noScheme(String(decoding: inner, as: UTF8.self)), range: range)
            }
            scheme = String(decoding: inner[..<colon], as: UTF8.self)
            name = String(decoding: inner[(colon + 1)...], as: UTF8.self)
            let isGood: Bool
            switch scheme {
            case "build", "env": isGood = Reference.isVariableName(name)
            case "file": isGood = !name.isEmpty && name.unicodeScalars.allSatisfy(\.isSafeToShow)
            default: throw Problem(kind: .unknownScheme(scheme), range: range)
            }
            guard isGood else { throw Problem(kind: .badName(scheme: scheme, name: name), range: range) }
        }
    }

    private static func value(
        of reference: Parsed,
        in text: ArraySlice<UInt8>,
        environment: [String: String]
    ) throws(Problem) -> String {
        guard reference.scheme == "build" else {
            let isWhole = reference.range == text.startIndex..<text.endIndex
            throw Problem(kind: .secret(scheme: reference.scheme, isWhole: isWhole), range: reference.range)
        }
        guard let value = environment[reference.name] else {
            throw Problem(kind: .missingVariable(reference.name), range: reference.range)
        }
        return value
    }

    /// Letters, digits and `_`, not a digit first (POSIX.1 section 8.1).
    private static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
