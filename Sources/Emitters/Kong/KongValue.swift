/// A value of a declarative file of Kong's, as YAML writes it.
indirect enum KongValue {
    case text(String)
    /// What decK puts there of a variable, before it reads the file: it must not be escaped.
    case variable(String)
    case number(Int)
    case flag(Bool)
    case list([KongValue])
    /// In the order in which it is written.
    case map(KongMap)

    static func texts(_ texts: [String]) -> KongValue { .list(texts.map { .text($0) }) }

    /// Whether some text of the spec looks like a variable to decK.
    var imitatesVariable: Bool {
        switch self {
        case .text(let text): text.contains("${{")
        case .variable, .number, .flag: false
        case .list(let items): items.contains(where: \.imitatesVariable)
        case .map(let entries): entries.pairs.contains { $0.key.contains("${{") || $0.value.imitatesVariable }
        }
    }

    /// On one line.
    private var flow: String {
        switch self {
        case .text(let text): DeployFormat.quotedForYAML(text)
        case .variable(let name): "'${{ env \"\(name)\" }}'"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .list(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
        case .map(let entries):
            "{" + entries.pairs.map { "\(Self.key($0.key)): \($0.value.flow)" }.joined(separator: ", ") + "}"
        }
    }

    /// The whole file.
    var document: String { lines(indent: "") }

    private func lines(indent: String) -> String {
        guard case .map(let entries) = self else { return indent + flow + "\n" }
        return entries.pairs.map { indent + Self.entry($0, indent: indent) }.joined()
    }

    private static func entry(_ entry: KongMap.Pair, indent: String) -> String {
        let key = Self.key(entry.key) + ":"
        switch entry.value {
        case .map(let entries) where !entries.pairs.isEmpty:
            return key + "\n" + entry.value.lines(indent: indent + "  ")
        case .list(let items) where items.contains { if case .map = $0 { true } else { false } }:
            return key + "\n"
                + items.map { item in
                    let text = item.lines(indent: indent + "  ")
                    return indent + "- " + text.dropFirst(indent.count + 2)
                }.joined()
        case .text, .variable, .number, .flag, .list, .map: return key + " " + entry.value.flow + "\n"
        }
    }

    /// Most keys are Kong's own; names of header fields are the spec's.
    private static func key(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        }
        return isPlain ? key : DeployFormat.quotedForYAML(key)
    }
}

/// The entries of a map, in the order in which they are written.
struct KongMap: ExpressibleByDictionaryLiteral {
    struct Pair {
        var key: String
        var value: KongValue
    }

    private(set) var pairs: [Pair] = []

    init(dictionaryLiteral elements: (String, KongValue)...) {
        for (key, value) in elements { append(key, value) }
    }

    mutating func append(_ key: String, _ value: KongValue) { pairs.append(Pair(key: key, value: value)) }

    static func + (left: KongMap, right: KongMap) -> KongMap {
        var sum = left
        sum.pairs += right.pairs
        return sum
    }

    static func += (left: inout KongMap, right: KongMap) { left = left + right }
}
