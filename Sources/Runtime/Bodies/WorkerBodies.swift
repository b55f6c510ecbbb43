internal import GatewayTable

// request-body, and signatures that speak of a body: the body has to be there whole. The exchange puts its request
// aside as one does that asks another server, reads the body into a block of its own, and takes its program up again at
// the same instruction. From then on the body stands in that block, can be sent again as often as needed, and the
// client has nothing more to send.

extension Worker {
    // MARK: The instruction

    /// What comes of an instruction that edits the body.
    enum BodyEditing {
        case done
        /// It has to be read before.
        case gather
        case refuse(RefusalKind)
    }

    /// Edits the body of the request in `head`.
    mutating func editBody(_ x: Int32, _ index: UInt32, _ fields: FieldsView) -> BodyEditing {
        let record = exchanges[x].table.view.bodyEdits[index]
        guard !exchanges[x].body.isComplete else { return .done }
        guard isPlainJSON(fields) else { return refuseBody(.bodyUnsupported) }
        // One that is held has a length, too, and may be held for another reason.
        guard exchanges[x].body.framing != .length || exchanges[x].body.remaining <= UInt64(record.byteCountMax) else {
            return refuseBody(.bodyTooLargeToEdit)
        }
        guard exchanges[x].isBodyHeld, let held = consultations[x].held else { return .gather }
        let block = blocks.take()
        var editor = JSONEditor(
            held.bytes(0, Int(consultations[x].heldCount)),
            record.operations,
            exchanges[x].table.view,
            into: ByteWriter(block)
        )
        let fault = editor.run()
        guard fault == .none else {
            blocks.give(block)
            return refuseBody(fault == .tooLarge ? .bodyTooLargeToEdit : .bodyNotObject)
        }
        blocks.give(held)
        consultations[x].held = block
        consultations[x].heldCount = Int32(editor.output.count)
        exchanges[x].body = BodyReader(.length, length: UInt64(editor.output.count))
        // They speak of the body as it was (RFC 9530).
        dropField("content-digest")
        dropField("repr-digest")
        dropField("digest")
        dropField("content-md5")
        return .done
    }

    private mutating func dropField(_ name: StaticString) { head.table.drop(name: Bytes(name), in: head.message) }

    private mutating func refuseBody(_ kind: RefusalKind) -> BodyEditing {
        metrics.add(kind == .bodyTooLargeToEdit ? .bodyTooLarge : .bodyEditsRefused)
        return .refuse(kind)
    }

    /// The body, where it is held; nothing where there is none.
    func heldBody(_ x: Int32) -> Bytes {
        consultations[x].held?.bytes(0, Int(consultations[x].heldCount)) ?? .empty
    }

    /// `application/json` or a type that says it is JSON beneath (RFC 6839), as it is and not compressed.
    private func isPlainJSON(_ fields: FieldsView) -> Bool {
        guard let index = fields.firstIndex(ofName: Bytes("content-type")),
            fields.firstIndex(ofName: Bytes("content-type"), from: index + 1) == nil,
            fields.firstIndex(ofName: Bytes("content-encoding")) == nil
        else { return false }
        let value = fields.value(index)
        let type = value[0..<(value.firstIndex(of: 0x3B) ?? value.count)].trimmed
        guard type.count >= 5 else { return false }
        return type.equalsIgnoringCase(Bytes("application/json"))
            || type.from(type.count - 5).equalsIgnoringCase(Bytes("+json"))
    }

    // MARK: Gathering

    /// Suspends the exchange's program at an instruction until the request's body is there.
    ///
    /// - Precondition: the request's head is the one that was parsed last, and its body is not complete.
    ///
    /// - Parameter refusal: what a larger body ends in.
    mutating func gather(
        _ x: Int32,
        byteCountMax: UInt32,
        refusal: RefusalKind,
        counter: UInt32,
        isHidden: Bool
    ) {
        putAside(x)
        consultations[x].counter = counter
        consultations[x].isHidden = isHidden
        consultations[x].held = blocks.take()
        (consultations[x].heldCount, consultations[x].heldCountMax) = (0, Int32(byteCountMax))
        consultations[x].heldRefusal = refusal
        exchanges[x].body = consultations[x].body
        exchanges[x].state = .gathering
        if exchanges[x].owesContinue { sendContinue(x) }
        gatherBody(x)
    }

    /// Reads as much of the body as there is.
    mutating func gatherBody(_ x: Int32) {
        let client = exchanges[x].client
        for _ in 0..<Limits.relayTurnsMax {
            if exchanges[x].body.isComplete { return endGathering(x) }
            switch receiveBody(x) {
            case .data: break
            case .blocked: return
            // The end of a stream is that of a body without a stated length.
            case .ended: guard exchanges[x].body.end() else { return abandonClient(client) }
            case .failed: return abandonClient(client)
            }
            guard gatherPiece(x) else { return }
        }
        enqueue(client)
    }

    /// - Returns: whether the body may go on.
    private mutating func gatherPiece(_ x: Int32) -> Bool {
        let client = exchanges[x].client
        guard let block = sockets[client].input, let held = consultations[x].held else { return false }
        let start = Int(exchanges[x].bodyCursor)
        // Trailers are left out, as any recipient may (RFC 9110 section 6.5.1).
        guard
            case .progress(let data, _, let consumed) =
                exchanges[x].body.step(block, from: start, to: Int(sockets[client].inputEnd))
        else {
            stopGathering(x, .malformed)
            return false
        }
        exchanges[x].bytesIn += UInt64(data)
        exchanges[x].bodyCursor += Int32(consumed)
        let isOverRoute = exchanges[x].bytesIn > exchanges[x].bodyBytesMax
        guard !isOverRoute, Int(consultations[x].heldCount) + data <= Int(consultations[x].heldCountMax) else {
            metrics.add(.bodyTooLarge)
            stopGathering(x, isOverRoute ? .bodyTooLarge : consultations[x].heldRefusal)
            return false
        }
        held.copy(block.bytes(start, start + data), to: Int(consultations[x].heldCount))
        consultations[x].heldCount += Int32(data)
        return true
    }

    /// The body is there.
    private mutating func endGathering(_ x: Int32) {
        consultations[x].body = BodyReader(.length, length: UInt64(consultations[x].heldCount))
        consultations[x].isRewindable = true
        exchanges[x].isBodyHeld = true
        takeUp(x)
        guard restoreHead(x) else { return refuse(x, .malformed) }
        resumeProgram(x)
    }

    /// The body will not be there.
    mutating func stopGathering(_ x: Int32, _ kind: RefusalKind) {
        consultations[x].body = exchanges[x].body
        takeUp(x)
        refuse(x, consultations[x].isHidden ? .versionUnknown : kind)
    }

    // MARK: Sending

    /// Lends the body to the upstream's output, all of it.
    ///
    /// - Returns: whether it is there.
    mutating func stageHeldBody(_ x: Int32) -> Bool {
        guard let held = consultations[x].held else { return false }
        let upstream = exchanges[x].upstream
        let end = consultations[x].heldCount
        let start = end - Int32(exchanges[x].body.remaining)
        _ = exchanges[x].body.step(held, from: Int(start), to: Int(end))
        // The head was sent, and stays as it is for another attempt.
        sockets[upstream].outputStart = exchanges[x].upstreamHeadCount
        sockets[upstream].outputEnd = exchanges[x].upstreamHeadCount
        lend(held, start, Int(end - start), to: upstream, isChunked: false, isLast: true)
        return true
    }

    /// Nobody needs the body any more.
    mutating func releaseHeldBody(_ x: Int32) {
        if let held = consultations[x].held { blocks.give(held) }
        consultations[x].held = nil
    }

    /// Sets the body back to its first byte.
    mutating func rewindHeldBody(_ x: Int32) {
        exchanges[x].body = BodyReader(.length, length: UInt64(consultations[x].heldCount))
    }
}
