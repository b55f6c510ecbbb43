/// The specs of a link as a picture: a tree from left to right, each spec a box with what it owns, dashed where one
/// uses what another exports. SVG, drawn here: nothing has to be installed to look at it.
struct LinkGraph {
    private static let boxWidth = 260
    private static let columnWidth = 340
    private static let rowGap = 18
    private static let lineHeight = 17
    private static let margin = 20
    /// Lines about owned places in a box.
    private static let placeCountMax = 4

    private struct Box {
        var lines: [String]
        var x: Int
        var y: Int

        var height: Int { 14 + lines.count * LinkGraph.lineHeight }
        var middle: Int { y + height / 2 }
    }

    private let report: LinkReport
    private var boxes: [Box]

    init(_ report: LinkReport) {
        self.report = report
        boxes = report.units.map { Box(lines: Self.lines(of: $0), x: Self.margin, y: 0) }
        place()
    }

    private static func lines(of unit: LinkReport.Unit) -> [String] {
        let count = { (count: Int, noun: String) in "\(count) \(noun)\(count == 1 ? "" : "s")" }
        var places = unit.hosts + unit.paths
        if places.count > placeCountMax {
            places = places.prefix(placeCountMax - 1) + ["and \(places.count - placeCountMax + 1) more"]
        }
        return [unit.name, "\(count(unit.apis.count, "API")), \(count(unit.routeCount, "route"))"]
            + places.map(shortened)
    }

    private static func shortened(_ text: String) -> String {
        let countMax = 36
        return text.count <= countMax ? text : text.prefix(countMax - 1) + "…"
    }

    /// Rows are in the order of a walk through the tree: what has no members takes the next free place of its own, and
    /// what has some stands beside their middle.
    private mutating func place() {
        var bottom = Self.margin
        for row in boxes.indices {
            boxes[row].x = Self.margin + report.units[row].depth * Self.columnWidth
            guard !report.units.contains(where: { $0.parent == row }) else { continue }
            boxes[row].y = bottom
            bottom += boxes[row].height + Self.rowGap
        }
        for row in boxes.indices.reversed() {
            let members = boxes.indices.filter { report.units[$0].parent == row }
            guard let first = members.first, let last = members.last else { continue }
            boxes[row].y = max((boxes[first].middle + boxes[last].middle - boxes[row].height) / 2, Self.margin)
        }
    }

    // MARK: SVG

    var svg: String {
        let width = (boxes.map { $0.x }.max() ?? 0) + Self.boxWidth + Self.margin + 60
        let height = (boxes.map { $0.y + $0.height }.max() ?? 0) + Self.margin
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="13">
            <title>\(Self.escaped("The specs of \(report.gateway)"))</title>
            <rect width="100%" height="100%" fill="#ffffff"/>

            """
        for row in boxes.indices {
            if let parent = report.units[row].parent { text += edge(from: parent, to: row) }
        }
        for (row, unit) in report.units.enumerated() {
            for target in Set(unit.uses.map(\.unit)).sorted() {
                let names = unit.uses.filter { $0.unit == target }.map { "\($0.kind) \($0.name)" }
                text += use(from: row, of: target, names: names)
            }
        }
        for box in boxes { text += svg(box) }
        return text + "</svg>\n"
    }

    private func edge(from parent: Int, to member: Int) -> String {
        let (x, y) = (boxes[parent].x + Self.boxWidth, boxes[parent].middle)
        let (endX, endY) = (boxes[member].x, boxes[member].middle)
        let bend = (x + endX) / 2
        return
            "<path d=\"M\(x) \(y) C\(bend) \(y) \(bend) \(endY) \(endX) \(endY)\" fill=\"none\" stroke=\"#5b6b7b\"/>\n"
    }

    private func use(from unit: Int, of definer: Int, names: [String]) -> String {
        let (x, y) = (boxes[unit].x + Self.boxWidth, boxes[unit].middle + 6)
        let (endX, endY) = (boxes[definer].x + Self.boxWidth, boxes[definer].middle + 6)
        let bend = max(x, endX) + 50
        return """
            <path d="M\(x) \(y) C\(bend) \(y) \(bend) \(endY) \(endX) \(endY)" fill="none" stroke="#b8860b" \
            stroke-dasharray="4 3"><title>\(Self.escaped("uses " + names.joined(separator: ", ")))</title></path>

            """
    }

    private func svg(_ box: Box) -> String {
        var text = """
            <rect x="\(box.x)" y="\(box.y)" width="\(Self.boxWidth)" height="\(box.height)" rx="6" fill="#f4f7fa" \
            stroke="#34495e"/>

            """
        for (index, line) in box.lines.enumerated() {
            let style = index == 0 ? " font-weight=\"bold\"" : index == 1 ? " fill=\"#5b6b7b\"" : ""
            let y = box.y + 20 + index * Self.lineHeight
            text += "<text x=\"\(box.x + 10)\" y=\"\(y)\"\(style)>\(Self.escaped(line))</text>\n"
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
