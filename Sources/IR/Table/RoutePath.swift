extension TableView {
    /// The path of a route as the spec writes it: `/orders/v1/{id:[0-9]+}`.
    package func path(ofRoute index: UInt32) -> String {
        if let text = ownText(ofRoute: index) { return string(text) }
        let end = routes[index].node
        var labels: [String] = []
        var node = end
        while treeNodes[node].arrival != TreeNodeKind.root.rawValue {
            labels.append(string(treeNodes[node].label))
            node = treeNodes[node].parent
        }
        let path = labels.reversed().map { "/" + $0 }.joined()
        if endsInTail(ofRoute: index) { return path + "/**" }
        return path.isEmpty ? "/" : path
    }

    /// The host of a route as the spec writes it: `api.example.com`, `*.example.com`, `*`.
    package func host(ofRoute index: UInt32) -> String { hostText(hostIndex(ofRoute: index)) }

    /// The host in whose tree a route ends; roots ascend with their hosts.
    package func hostIndex(ofRoute index: UInt32) -> UInt32 {
        var root = routes[index].node
        while treeNodes[root].parent != TableLayout.none { root = treeNodes[root].parent }
        var low: UInt32 = 0
        var high = UInt32(hosts.count)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if hosts[middle].root <= root { low = middle } else { high = middle }
        }
        return low
    }

    /// A host as the spec writes it.
    package func hostText(_ index: UInt32) -> String {
        if index < gateway.exactHostCount { return string(hosts[index].name) }
        return index < gateway.exactHostCount + gateway.wildcardHostCount ? "*." + string(hosts[index].name) : "*"
    }

    /// The names of the methods that a set of bits holds, `ANY` for all.
    package func methodNames(_ bits: UInt32) -> [String] {
        if bits & MethodTable.anyBit != 0 { return ["ANY"] }
        return (0..<32).compactMap { bits & 1 << UInt32($0) == 0 ? nil : methodName(bit: $0) }
    }

    /// Texts of routes ascend by route.
    private func ownText(ofRoute index: UInt32) -> TextReference? {
        var low = 0
        var high = routeTexts.count
        while low < high {
            let middle = (low + high) / 2
            if routeTexts[middle].route == index { return routeTexts[middle].text }
            if routeTexts[middle].route < index { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Whether a route takes any rest behind its segments.
    package func endsInTail(ofRoute index: UInt32) -> Bool {
        let node = treeNodes[routes[index].node]
        guard node.hasTail else { return false }
        let first = firstTailRoute(of: node)
        guard index >= first else { return false }
        var last = first
        while !routes[last].isLast { last += 1 }
        return index <= last
    }
}
