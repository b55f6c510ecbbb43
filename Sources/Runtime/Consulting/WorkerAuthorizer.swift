internal import GatewayTable

// forward-auth: what the server that decides gets to see of a request, and what becomes of its answer.

extension Worker {
    // MARK: The question

    /// Writes the head that asks about the request in `head`; `setHostLine` fills its `Host` line.
    ///
    /// - Returns: whether it fits.
    mutating func writeQuestion(_ x: Int32, _ record: AuthorizerRecord, into block: Block) -> Bool {
        let view = exchanges[x].table.view
        let client = exchanges[x].client
        var output = ByteWriter(block)
        output.append("GET ")
        output.append(Bytes(view.bytes(record.path)))
        output.append(" HTTP/1.1\r\n")
        exchanges[x].hostLineStart = Int32(output.count)
        exchanges[x].hostLineCount = 0
        appendForwarded(client, to: &output)
        let names = record.requestHeaders
        for index in names.first..<names.first + names.count {
            let name = Bytes(view.bytes(view.fieldNames[index]))
            head.table.appendLines(named: name, of: head.message, onlyKept: false, to: &output)
        }
        appendForwarding(x, client, to: &output)
        output.append("X-Forwarded-Method: ")
        output.append(head.method)
        output.append("\r\nX-Forwarded-Uri: ")
        output.append(path(of: x))
        appendQuery(to: &output)
        output.append("\r\n")
        appendIdentity(x, view, to: &output)
        output.append("\r\n")
        return endUpstreamHead(x, output)
    }

    /// What a trusted peer says of the way here.
    private mutating func appendForwarded(_ client: Int32, to output: inout ByteWriter) {
        guard sockets[client].isTrustedPeer else { return }
        for index in 0..<head.table.count {
            switch head.table.fields[index].kind {
            case .forwarded, .forwardedFor, .forwardedHost, .forwardedProto, .forwardedOther:
                output.append(head.table.line(index, in: head.message))
            default: continue
            }
        }
    }

    // MARK: The answer

    /// Keeps the lines of the answer that are for the upstream and the client.
    ///
    /// - Returns: whether they fit.
    mutating func keepLines(_ x: Int32) -> Bool {
        let view = exchanges[x].table.view
        let record = view.authorizers[consultations[x].authorizer]
        guard record.upstreamHeaders.count + record.clientHeaders.count > 0 else { return true }
        let block = consultations[x].lines ?? blocks.take()
        consultations[x].lines = block
        var lines = ByteWriter(block, capacity: Limits.verdictLineBytesMax)
        for range in 0..<2 {
            let names = range == 0 ? record.upstreamHeaders : record.clientHeaders
            for index in names.first..<names.first + names.count {
                let name = Bytes(view.bytes(view.fieldNames[index]))
                answerHead.table.appendLines(named: name, of: answerHead.message, onlyKept: true, to: &lines)
            }
            if range == 0 { consultations[x].upstreamLinesEnd = Int32(lines.count) }
        }
        consultations[x].clientLinesEnd = Int32(lines.count)
        return !lines.isOverfull
    }

    /// The client gets the answer of the server that was asked, as if it were that of its upstream. Nobody reads what
    /// is left of the request any more.
    ///
    /// - Parameter input: begins with the answer's head.
    mutating func passDenial(_ x: Int32, from input: Bytes) {
        metrics.add(.authorizerDenied)
        let server = exchanges[x].upstream
        if consultations[x].isHidden {
            dropUpstream(x)
            takeUp(x)
            return refuse(x, .versionUnknown)
        }
        restoreRequest(x)
        disarm(exchanges[x].client)
        // Answered, whether it was sent whole or not: nothing of the client's body goes there.
        exchanges[x].isRequestSent = true
        sockets[server].inputStart += Int32(answerHead.message.count)
        if exchanges[x].isHead { _ = answerHead.parse(input, isToHead: true) }
        beginAnswerBody(x)
        if exchanges[x].isHead {
            // The question was no HEAD: a body comes that is nobody's, and the connection goes with it.
            exchanges[x].answer = BodyReader(.none)
            sockets[server].isEnding = true
        }
        exchanges[x].refusal = .authorizerDenied
        exchanges[x].state = .relaying
        if writeAnswerHead(x) { return progress(x) }
        exchanges[x].state = .deciding
        refuse(x, .authorizerUnavailable)
    }

    // MARK: What it said

    /// The fields that the upstream gets. What is not for the client is needed no more, however long the exchange
    /// lasts.
    mutating func appendVerdict(_ x: Int32, to output: inout ByteWriter) {
        output.append(consultations[x].upstreamLines)
        if consultations[x].clientLines.isEmpty {
            forgetConsultation(x)
        } else if let claims = consultations[x].claims {
            blocks.give(claims)
            consultations[x].claims = nil
        }
    }

    /// The fields that the client gets.
    mutating func appendVerdictForClient(_ x: Int32, to output: inout ByteWriter) {
        output.append(consultations[x].clientLines)
    }

    /// Marks the client's own fields that only the server that was asked may write, and what it judged.
    mutating func dropVerdictFields(_ record: AuthorizerRecord, _ view: TableView) {
        let names = record.upstreamHeaders
        for index in names.first..<names.first + names.count {
            head.table.drop(name: Bytes(view.bytes(view.fieldNames[index])), in: head.message)
        }
        if record.removesAuthorization { head.table.drop(name: Bytes("authorization"), in: head.message) }
    }

    /// Trailers that would say what only the server that was asked may say.
    mutating func dropVerdictTrailers(_ x: Int32, _ view: TableView) {
        guard consultations[x].authorizer != TableLayout.none else { return }
        let record = view.authorizers[consultations[x].authorizer]
        let names = record.upstreamHeaders
        for index in names.first..<names.first + names.count {
            exchanges[x].trailers.drop(name: Bytes(view.bytes(view.fieldNames[index])))
        }
        if record.removesAuthorization { exchanges[x].trailers.drop(name: Bytes("authorization")) }
    }
}

extension HeaderTable {
    /// A whole line, with its end.
    @inline(__always)
    func line(_ index: Int, in message: Bytes) -> Bytes {
        message[Int(fields[index].nameStart)..<Int(fields[index].lineEnd)]
    }
    /// Appends the lines of all fields with a name, which is given in lower case.
    ///
    /// - Parameter onlyKept: without those that are not carried along.
    func appendLines(named lowercase: Bytes, of message: Bytes, onlyKept: Bool, to output: inout ByteWriter) {
        var index = firstIndex(ofName: lowercase, in: message)
        while let found = index {
            if !onlyKept || !fields[found].isDropped { output.append(line(found, in: message)) }
            index = firstIndex(ofName: lowercase, in: message, from: found + 1)
        }
    }
}
