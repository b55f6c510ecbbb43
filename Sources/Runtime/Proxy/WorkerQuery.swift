internal import GatewayTable

// request-query: what the upstream gets of the query, and what it gets instead.

extension Worker {
    /// The query without what was a credential and what is removed or set, then what is set, then what is added.
    mutating func appendEditedQuery(_ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        let record = view.queryEdits[edits.queryEdits]
        var mark = Bytes("?")
        var parameters = QueryParameters(head.query)
        while let parameter = parameters.next() {
            let isCredential = edits.queryCut.start <= parameter.start && parameter.end <= edits.queryCut.end
            if isCredential && !edits.queryCut.isEmpty || isNamed(parameter.name, record.removals, view)
                || isNamed(parameter.name, record.settings, view)
            {
                continue
            }
            output.append(mark)
            output.append(head.query[parameter.start..<parameter.end])
            mark = Bytes("&")
        }
        // Additions stand behind settings.
        let count = record.settings.count + record.additions.count
        for index in record.settings.first..<record.settings.first + count {
            output.append(mark)
            appendTemplate(view.queryParameters[index].template, x, view, isParameter: true, to: &output)
            mark = Bytes("&")
        }
    }

    private mutating func isNamed(_ name: Bytes, _ range: RangeRecord, _ view: TableView) -> Bool {
        for index in range.first..<range.first + range.count
        where name.equalsDecoded(Bytes(view.bytes(view.queryParameters[index].name))) { return true }
        return false
    }
}

extension ByteWriter {
    /// Text of a path that must neither end a parameter nor begin another one.
    mutating func append(asParameter text: Bytes) {
        for offset in 0..<text.count {
            switch text[offset] {
            case 0x26: append("%26")
            case 0x2B: append("%2B")
            case 0x3D: append("%3D")
            case let byte: append(byte: byte)
            }
        }
    }
}
