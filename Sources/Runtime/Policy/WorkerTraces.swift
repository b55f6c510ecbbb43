internal import GatewayTable

// trace-context. The gateway is a step of its own in a trace: what it passes on names itself as the parent.

extension Worker {
    mutating func traceRequest(_ x: Int32, _ fields: FieldsView, argument: UInt16, samplePerMillion: UInt32) {
        let name = Bytes("traceparent")
        var trace = TraceParent()
        if isBelieved(x, argument), let index = fields.firstIndex(ofName: name),
            fields.firstIndex(ofName: name, from: index + 1) == nil
        {
            trace = TraceParent.parse(fields.value(index)) ?? TraceParent()
        }
        // Nobody's state belongs to a trace that begins here.
        if !trace.isPresent || !TraceState.isWellFormed(fields) {
            head.table.drop(name: Bytes("tracestate"), in: head.message)
        }
        head.table.drop(name: name, in: head.message)
        if !trace.isPresent {
            (trace.traceHigh, trace.traceLow) = (random.nextWord(), random.nextWord() | 1)
            trace.flags = TraceParent.randomFlag
            if random.next(below: Share.whole) < samplePerMillion { trace.flags |= TraceParent.sampledFlag }
        }
        trace.parent = random.nextWord() | 1
        exchanges[x].trace = trace
    }

    /// Where the upstream stands in the trace.
    mutating func appendTrace(_ x: Int32, to output: inout ByteWriter) {
        guard exchanges[x].trace.isPresent else { return }
        output.append("traceparent: ")
        exchanges[x].trace.append(to: &output)
        output.append("\r\n")
    }
}
