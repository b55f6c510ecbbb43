internal import GatewayTable

// Answers that plugins give in the place of an upstream, put together from the request.

extension Worker {
    /// Sends the client to what a template says.
    mutating func redirect(_ x: Int32, to location: UInt32, status: UInt16, keepsQuery: Bool) {
        let view = exchanges[x].table.view
        var fields = ByteWriter(bodyScratch)
        fields.append("Location: ")
        appendTemplate(location, x, view, to: &fields)
        if keepsQuery, head.query.count > 1 { fields.append(head.query) }
        fields.append("\r\n")
        // Path and query are bounded by the request's target: with the spec's own text they fit into a block.
        guard !fields.isOverfull else { return refuse(x, .targetTooLong) }
        sendOwn(
            x,
            status: status,
            reason: Bytes(StatusLine.reason(status)),
            fields: fields.written,
            body: .empty,
            isRefusal: false
        )
    }

    /// Tells a browser what the page may ask (Fetch, section 3.2.2). `Access-Control-Allow-Origin` comes with the
    /// response program.
    mutating func answerPreflight(_ x: Int32, _ index: UInt32) {
        let view = exchanges[x].table.view
        let policy = view.crossOrigins[index]
        let asked = FieldsView(head.table, head.message)
        var fields = ByteWriter(bodyScratch)
        if policy.flags & CrossOriginRecord.reflectsMethod != 0 {
            let name = Bytes("access-control-request-method")
            append("Access-Control-Allow-Methods: ", valueOf: name, asked, to: &fields)
        }
        if policy.flags & CrossOriginRecord.reflectsHeaders != 0 {
            let name = Bytes("access-control-request-headers")
            append("Access-Control-Allow-Headers: ", valueOf: name, asked, to: &fields)
        }
        let network = Bytes("access-control-request-private-network")
        if policy.flags & CrossOriginRecord.opensPrivateNetwork != 0, let found = asked.firstIndex(ofName: network),
            asked.value(found).equals(Bytes("true"))
        {
            fields.append("Access-Control-Allow-Private-Network: true\r\n")
        }
        fields.append(Bytes(view.bytes(policy.preflightLines)))
        fields.append("Vary: Access-Control-Request-Method, Access-Control-Request-Headers\r\n")
        guard !fields.isOverfull else { return refuse(x, .headTooLarge) }
        sendOwn(
            x,
            status: 204,
            reason: Bytes(StatusLine.reason(204)),
            fields: fields.written,
            body: .empty,
            isRefusal: true
        )
    }

    private func append(
        _ start: StaticString,
        valueOf name: Bytes,
        _ asked: FieldsView,
        to fields: inout ByteWriter
    ) {
        guard let index = asked.firstIndex(ofName: name) else { return }
        fields.append(start)
        fields.append(asked.value(index))
        fields.append("\r\n")
    }
}
