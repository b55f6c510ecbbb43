internal import GatewayTable

/// A route's path as the spec writes it, put together from the labels of the tree.
enum RouteText {
    static func append(_ route: UInt32, _ view: TableView, to output: inout ByteWriter) {
        if let text = ownText(of: route, view) {
            output.append(Bytes(view.bytes(text)))
            return
        }
        var node = view.routes[route].node
        let end = node
        var labels = InlineArray<28, UInt32>(repeating: TableLayout.none)
        var depth = 0
        while depth < 28, view.treeNodes[node].arrival != TreeNodeKind.root.rawValue {
            labels[depth] = node
            depth += 1
            node = view.treeNodes[node].parent
        }
        while depth > 0 {
            depth -= 1
            let record = view.treeNodes[labels[depth]]
            output.append(byte: ASCII.slash)
            output.append(
                Bytes(view.bytes(TextReference(offset: record.labelOffset, count: UInt32(record.labelByteCount))))
            )
        }
        if view.endsInTail(ofRoute: route) {
            output.append("/**")
        } else if view.treeNodes[end].arrival == TreeNodeKind.root.rawValue {
            output.append("/")
        }
    }

    /// Texts of their own ascend by route.
    private static func ownText(of route: UInt32, _ view: TableView) -> TextReference? {
        var low = 0
        var high = view.routeTexts.count
        while low < high {
            let middle = (low + high) / 2
            let record = view.routeTexts[middle]
            if record.route == route { return record.text }
            if record.route < route { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
