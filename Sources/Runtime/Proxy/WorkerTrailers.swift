internal import GatewayTable

// Trailer fields behind bodies, both ways: kept until the body is complete, checked, and sent behind it where the other
// side has a place for them. Where it has none they are left out, as any recipient may (RFC 9110 section 6.5.1).

extension Worker {
    /// Takes trailer lines of the request's body, and all of them when it is complete.
    ///
    /// - Returns: `false` if they must not be trailers.
    mutating func takeTrailers(_ x: Int32, _ block: Block, from start: Int, count: Int) -> Bool {
        if count > 0, !exchanges[x].trailers.keep(block.bytes(start, start + count), blocks) { return false }
        guard exchanges[x].body.isComplete, exchanges[x].body.framing.isOpen, !exchanges[x].trailers.isComplete else {
            return true
        }
        let client = exchanges[x].client
        if sockets[client].transport == .stream { http2.moveTrailers(of: client, to: &exchanges[x].trailers) }
        guard exchanges[x].trailers.complete() else { return false }
        guard exchanges[x].trailers.isWaiting else { return true }
        let view = exchanges[x].table.view
        dropClaimTrailers(x, view)
        if exchanges[x].consultation == .done { dropVerdictTrailers(x, view) }
        guard exchanges[x].edits != TableLayout.none else { return true }
        let edits = view.headerEdits[exchanges[x].edits]
        for range in 0..<2 {
            let fields = range == 0 ? edits.removals : edits.settings
            for field in fields.first..<fields.first + fields.count {
                exchanges[x].trailers.drop(name: Bytes(view.bytes(view.headerFields[field].name)))
            }
        }
        return true
    }

    /// The same for the answer's body.
    mutating func takeAnswerTrailers(_ x: Int32, _ block: Block, from start: Int, count: Int) -> Bool {
        if count > 0, !exchanges[x].answerTrailers.keep(block.bytes(start, start + count), blocks) { return false }
        guard exchanges[x].answer.isComplete, exchanges[x].answer.framing.isOpen else { return true }
        return completeAnswerTrailers(x)
    }

    /// All trailers of the answer are there, if there are any.
    mutating func completeAnswerTrailers(_ x: Int32) -> Bool {
        let upstream = exchanges[x].upstream
        if sockets[upstream].transport == .stream { http2.moveTrailers(of: upstream, to: &exchanges[x].answerTrailers) }
        guard exchanges[x].answerTrailers.complete() else { return false }
        guard exchanges[x].answerTrailers.isWaiting else { return true }
        dropReplacedTrailers(x)
        // A body of known length, or one that the connection ends, has no place for them.
        if !exchanges[x].isAnswerChunked, !exchanges[x].isStream { exchanges[x].answerTrailers.isWaiting = false }
        return true
    }

    /// Hands trailers to a side to which the whole body was sent. They stay the exchange's.
    mutating func lend(_ trailers: Trailers, to descriptor: Int32) {
        if sockets[descriptor].transport == .stream {
            http2[descriptor].departingTrailers = trailers
        } else {
            sockets[descriptor].borrowed = trailers.block
            (sockets[descriptor].borrowedStart, sockets[descriptor].borrowedEnd) = (0, trailers.end)
        }
    }
}
