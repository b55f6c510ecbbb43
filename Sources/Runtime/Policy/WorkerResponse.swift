internal import GatewayTable

// The response program: what the client gets beside the answer itself, and what that replaces in it.

extension Worker {
    /// Marks the fields of the answer that the response program replaces.
    mutating func dropReplaced(_ x: Int32, to output: inout ByteWriter) {
        guard exchanges[x].route != TableLayout.none else { return }
        let view = exchanges[x].table.view
        var counter = exchanges[x].responseEntry
        while true {
            let word = view.code[counter]
            switch Opcode(rawValue: UInt8(truncatingIfNeeded: word)) {
            case .editResponseHeaders:
                let argument = UInt16(truncatingIfNeeded: word >> 16)
                if applies(argument, x, isRefusal: false) { dropEdited(view.code[counter + 1], view) }
            case .stampRequestID:
                let name = TextReference(offset: view.code[counter + 1], count: view.code[counter + 2])
                answerHead.table.dropIgnoringCase(name: Bytes(view.bytes(name)), in: answerHead.message)
            case .stampRateLimit: if exchanges[x].rateSet != TableLayout.none { dropAnswer(.rateLimit) }
            case .stampCrossOrigin: answerHead.table.drop(prefix: Bytes("access-control-"), in: answerHead.message)
            case .stampLifecycle:
                if view.announces(version: view.code[counter + 1], at: instant) { dropLifecycle(to: &output) }
            case .keepAnswer: keepAnswer(x)
            case .compress:
                let types = TextReference(offset: view.code[counter + 2], count: view.code[counter + 3])
                decideCompression(
                    x,
                    level: UInt16(truncatingIfNeeded: word >> 16),
                    sizeMin: view.code[counter + 1],
                    types: Bytes(view.bytes(types)),
                    to: &output
                )
            default: return
            }
            counter += word >> 8 & 0xFF
        }
    }

    private mutating func dropAnswer(_ kind: FieldKind) {
        for index in 0..<answerHead.table.count where answerHead.table.fields[index].kind == kind {
            answerHead.table.fields[index].isDropped = true
        }
    }

    /// An upstream's own dates, and of its links those that say the same.
    private mutating func dropLifecycle(to output: inout ByteWriter) {
        for index in 0..<answerHead.table.count {
            switch answerHead.table.fields[index].kind {
            case .deprecation, .sunset: answerHead.table.fields[index].isDropped = true
            case .link:
                let value = answerHead.table.value(index, in: answerHead.message)
                guard LinkValues.containsLifecycle(value) else { continue }
                answerHead.table.fields[index].isDropped = true
                LinkValues.appendOthers(of: value, to: &output)
            default: continue
            }
        }
    }

    private mutating func dropEdited(_ index: UInt32, _ view: TableView) {
        let edits = view.headerEdits[index]
        for field in edits.removals.first..<edits.removals.first + edits.removals.count {
            answerHead.table.drop(name: Bytes(view.bytes(view.headerFields[field].name)), in: answerHead.message)
        }
        for field in edits.settings.first..<edits.settings.first + edits.settings.count {
            answerHead.table.drop(name: Bytes(view.bytes(view.headerFields[field].name)), in: answerHead.message)
        }
    }

    /// The same for the trailers of the answer: what a head must not say, they must not, either.
    mutating func dropReplacedTrailers(_ x: Int32) {
        guard exchanges[x].route != TableLayout.none else { return }
        let view = exchanges[x].table.view
        var counter = exchanges[x].responseEntry
        while true {
            let word = view.code[counter]
            switch Opcode(rawValue: UInt8(truncatingIfNeeded: word)) {
            case .editResponseHeaders:
                guard applies(UInt16(truncatingIfNeeded: word >> 16), x, isRefusal: false) else { break }
                let edits = view.headerEdits[view.code[counter + 1]]
                for range in 0..<2 {
                    let fields = range == 0 ? edits.removals : edits.settings
                    for field in fields.first..<fields.first + fields.count {
                        exchanges[x].answerTrailers.drop(name: Bytes(view.bytes(view.headerFields[field].name)))
                    }
                }
            case .stampRequestID, .stampCrossOrigin, .stampRateLimit, .stampLifecycle, .compress, .keepAnswer:
                break
            default: return
            }
            counter += word >> 8 & 0xFF
        }
    }

    /// Whether an edit of the answer is due.
    private mutating func applies(_ argument: UInt16, _ x: Int32, isRefusal: Bool) -> Bool {
        if isRefusal, argument & InstructionFlag.editsRefusals == 0 { return false }
        return argument & InstructionFlag.overTLSOnly == 0 || sockets[exchanges[x].client].isSecure
    }

    /// Runs the response entry: fields that the client gets beside those of the answer itself.
    ///
    /// - Parameter isRefusal: the gateway answers in the API's place, so that edits of the API's answers do not apply.
    mutating func appendResponseProgram(_ x: Int32, isRefusal: Bool, to output: inout ByteWriter) {
        let view = exchanges[x].table.view
        guard exchanges[x].route != TableLayout.none else {
            if exchanges[x].version != TableLayout.none {
                appendLifecycle(exchanges[x].version, view, to: &output)
            } else {
                appendVary(x, view, to: &output)
            }
            return
        }
        var counter = exchanges[x].responseEntry
        while true {
            let word = view.code[counter]
            switch Opcode(rawValue: UInt8(truncatingIfNeeded: word)) {
            case .editResponseHeaders:
                if applies(UInt16(truncatingIfNeeded: word >> 16), x, isRefusal: isRefusal) {
                    appendEdits(view.code[counter + 1], x, view, to: &output)
                }
            case .stampRequestID:
                let name = TextReference(offset: view.code[counter + 1], count: view.code[counter + 2])
                if exchanges[x].requestIDCount > 0 {
                    output.append(Bytes(view.bytes(name)))
                    output.append(": ")
                    output.append(requestID(x))
                    output.append("\r\n")
                }
            case .stampCrossOrigin: appendCrossOrigin(x, view.crossOrigins[view.code[counter + 1]], view, to: &output)
            case .stampRateLimit: appendRateLimit(x, view, to: &output)
            case .stampLifecycle: appendLifecycle(view.code[counter + 1], view, to: &output)
            // Said with what it replaces.
            case .compress: break
            case .keepAnswer: if !isRefusal { appendCacheStatus(x, to: &output) }
            default: return
            }
            counter += word >> 8 & 0xFF
        }
    }

    private mutating func appendLifecycle(_ version: UInt32, _ view: TableView, to output: inout ByteWriter) {
        if view.announces(version: version, at: instant) {
            output.append(Bytes(view.bytes(view.versions[version].headerLines)))
        }
        output.append(Bytes(view.bytes(view.apis[view.versions[version].api].varyLine)))
    }

    /// The same for an answer that belongs to an API and to none of its versions.
    mutating func appendVary(_ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        let api = api(x)
        guard api != TableLayout.none else { return }
        output.append(Bytes(view.bytes(view.apis[api].varyLine)))
    }

    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11).
    private mutating func appendRateLimit(_ x: Int32, _ view: TableView, to output: inout ByteWriter) {
        guard exchanges[x].rateSet != TableLayout.none else { return }
        let set = view.rateSets[exchanges[x].rateSet]
        let count = min(set.count, UInt32(Limits.ratesPerLimitMax))
        output.append("RateLimit-Policy: ")
        for index in 0..<count {
            let rate = view.rates[set.first + index]
            output.append(index > 0 ? ", \"" : "\"")
            output.append(Bytes(view.bytes(rate.name)))
            output.append("\";q=")
            output.append(decimal: UInt64(rate.limit))
            output.append(";w=")
            output.append(decimal: UInt64(rate.windowSeconds))
        }
        output.append("\r\nRateLimit: ")
        for index in 0..<count {
            output.append(index > 0 ? ", \"" : "\"")
            output.append(Bytes(view.bytes(view.rates[set.first + index].name)))
            output.append("\";r=")
            output.append(decimal: UInt64(exchanges[x].rates[Int(index)].remaining))
            output.append(";t=")
            output.append(decimal: UInt64(exchanges[x].rates[Int(index)].resetSeconds))
        }
        output.append("\r\n")
    }

    /// Who may read the answer. What depends on `Origin` says so, even to requests without it, for the sake of caches.
    private mutating func appendCrossOrigin(
        _ x: Int32,
        _ policy: CrossOriginRecord,
        _ view: TableView,
        to output: inout ByteWriter
    ) {
        let isForAll = policy.origins.count == 0
        if exchanges[x].originCount > 0, let block = sockets[exchanges[x].client].input {
            output.append("Access-Control-Allow-Origin: ")
            if isForAll {
                output.append("*")
            } else {
                let start = Int(sockets[exchanges[x].client].inputStart) + Int(exchanges[x].originStart)
                output.append(block.bytes(start, start + Int(exchanges[x].originCount)))
            }
            output.append("\r\n")
            if !exchanges[x].isPreflight { output.append(Bytes(view.bytes(policy.answerLines))) }
        }
        if !isForAll { output.append("Vary: Origin\r\n") }
    }
}
