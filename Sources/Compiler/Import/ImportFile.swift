/// A file of another gateway's, read with positions, and what is to be said about it.
struct ImportFile {
    /// A map with its values by name.
    struct Entity {
        let node: NodeIndex
        /// Keys and values in the order of the file.
        let entries: [(name: String, key: NodeIndex, value: NodeIndex)]

        subscript(name: String) -> NodeIndex? { entries.first { $0.name == name }?.value }
    }

    let tree: SyntaxTree
    private let lines: SourceLines
    private(set) var notes: [ImportNote] = []

    init(_ tree: SyntaxTree, _ file: SourceFile) {
        self.tree = tree
        lines = SourceLines(file)
    }

    // MARK: Notes

    mutating func note(_ kind: ImportNote.Kind, _ message: String, at node: NodeIndex) {
        guard notes.count < SyntaxLimits.diagnosticCountMax else { return }
        let position = lines.position(of: tree.span(of: node).start)
        notes.append(ImportNote(kind: kind, message: message, position: position))
    }

    mutating func lost(_ message: String, at node: NodeIndex) { note(.lost, message, at: node) }

    mutating func changed(_ message: String, at node: NodeIndex) { note(.changed, message, at: node) }

    mutating func mistake(_ message: String, at node: NodeIndex) { note(.mistake, message, at: node) }

    // MARK: Values

    /// A map; `nil`, with a note, for anything else.
    mutating func entity(_ node: NodeIndex, _ what: String) -> Entity? {
        guard tree[node].kind == .map else {
            mistake("\(what) is a map, and this is \(tree.describe(node))", at: node)
            return nil
        }
        let entries = tree.entries(of: node).map { (tree.text(of: $0.key), $0.key, $0.value) }
        return Entity(node: node, entries: entries.filter { !tree.isNull($0.2) })
    }

    /// The maps of a list.
    mutating func entities(_ node: NodeIndex?, _ what: String) -> [Entity] {
        guard let node else { return [] }
        guard tree[node].kind == .list else {
            mistake("here is a list expected, and this is \(tree.describe(node))", at: node)
            return []
        }
        return tree.items(of: node).compactMap { entity($0, what) }
    }

    /// A scalar's text.
    func text(_ node: NodeIndex?) -> String? {
        guard let node, tree[node].kind == .scalar, !tree.isNull(node) else { return nil }
        return tree.text(of: node)
    }

    /// The texts of a list, or of a scalar, as Kong takes it.
    func texts(_ node: NodeIndex?) -> [(text: String, node: NodeIndex)] {
        guard let node else { return [] }
        guard tree[node].kind == .list else { return text(node).map { [($0, node)] } ?? [] }
        return tree.items(of: node).compactMap { item in text(item).map { ($0, item) } }
    }

    mutating func number(_ node: NodeIndex?, _ range: ClosedRange<Int>) -> Int? {
        guard let node, let text = text(node) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            mistake("`\(text.excerpt)` is no number from \(range.lowerBound) to \(range.upperBound)", at: node)
            return nil
        }
        return number
    }

    mutating func boolean(_ node: NodeIndex?) -> Bool? {
        guard let node, let text = text(node) else { return nil }
        switch text {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            mistake("`\(text.excerpt)` is neither `true` nor `false`", at: node)
            return nil
        }
    }

    /// The name of another entity: `service: orders`, or `service: { name: orders }`.
    mutating func reference(_ node: NodeIndex?) -> String? {
        guard let node else { return nil }
        if let text = text(node) { return text }
        guard let entity = entity(node, "a reference") else { return nil }
        return text(entity["name"]) ?? text(entity["username"]) ?? text(entity["id"])
    }

    /// Says of every key that is not known that it is lost.
    mutating func loseRest(of entity: Entity, _ what: String, known: Set<String>) {
        for (name, key, _) in entity.entries where !known.contains(name) && !name.hasPrefix("_") {
            lost("`\(name.excerpt)` of \(what)", at: key)
        }
    }
}

/// YAML that means its values whatever they are.
enum YAMLText {
    /// In double quotes, with escapes that YAML and JSON share.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029 || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A text of the spec, in which `${` would be a reference.
    static func literal(_ text: String) -> String { quoted(text.replacing("${", with: "$${")) }

    static func list(_ texts: [String]) -> String { "[ " + texts.map(literal).joined(separator: ", ") + " ]" }

    /// A name that the spec takes: what it does not is a hyphen.
    static func name(_ text: String, countMax: Int = 63) -> String {
        let bytes = text.utf8.map { byte in
            Digits.isLetterOrDigit(byte) || "-_.".utf8.contains(byte) ? byte : UInt8(ascii: "-")
        }
        let name = String(decoding: bytes.drop { !Digits.isLetterOrDigit($0) }.prefix(countMax), as: UTF8.self)
        return name.isEmpty ? "unnamed" : name
    }
}
