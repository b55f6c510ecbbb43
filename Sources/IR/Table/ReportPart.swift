/// A part of a report: rows under named columns, as aligned text or as JSON.
struct ReportPart {
    enum Value {
        case none
        case text(String)
        case number(Int)
        case list([String])
        /// One line each in text, under the row.
        case lines([String])
    }

    let name: String
    /// Whether each row is a name and a value: one object in JSON.
    private let isSettings: Bool
    private let columns: [String]
    private var rows: [[Value]] = []

    init(_ name: String, columns: [String], isSettings: Bool = false) {
        self.name = name
        self.isSettings = isSettings
        self.columns = columns
    }

    /// - Parameter row: a value for each column; lines come last.
    mutating func add(_ row: [Value]) {
        precondition(row.count == columns.count, "a row has a value for each column")
        rows.append(row)
    }

    var text: String {
        let cells = rows.map { $0.map(\.cell) }
        let widths = columns.indices.map { column in
            max(columns[column].count, cells.lazy.map { $0[column].count }.max() ?? 0)
        }
        var text = "\(name) (\(rows.count))\n" + ReportPart.line(columns, widths)
        for (row, cells) in zip(rows, cells) {
            text += ReportPart.line(cells, widths)
            for case .lines(let lines) in row { for line in lines { text += "      \(line)\n" } }
        }
        return text
    }

    /// An array of objects, one per row; of settings, one object.
    var json: String {
        if isSettings {
            return JSONText.object(rows.map { (ReportPart.key($0[0].cell), $0[1].json) })
        }
        let objects = rows.map { row in JSONText.object(zip(columns, row).map { (ReportPart.key($0), $1.json) }) }
        return "[" + objects.joined(separator: ",") + "]"
    }

    /// What people read as a key: words with hyphens between them.
    private static func key(_ title: String) -> String {
        title.split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = "  "
        for (cell, width) in zip(cells, widths) {
            line += cell + String(repeating: " ", count: width - cell.count + 2)
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}

extension ReportPart.Value {
    fileprivate var cell: String {
        switch self {
        case .none: "-"
        case .text(let text): text
        case .number(let number): "\(number)"
        case .list(let items): items.isEmpty ? "-" : items.joined(separator: ", ")
        case .lines: ""
        }
    }

    fileprivate var json: String {
        switch self {
        case .none: "null"
        case .text(let text): JSONText.quoted(text)
        case .number(let number): "\(number)"
        case .list(let items), .lines(let items): "[" + items.map(JSONText.quoted).joined(separator: ",") + "]"
        }
    }
}
