extension TableView {
    /// Every program, from both entries: known instructions of the right length and class up to one that ends the
    /// entry, operands in range, jumps forward onto an instruction.
    func validatePrograms() throws(TableError) {
        var walk = ProgramWalk(wordCount: code.count)
        for index in 0..<programs.count {
            try check(programs[index].version, below: versions.count, .programs, index, "version")
            try validateEntry(programs[index].requestEntry, .request, index, &walk)
            try validateEntry(programs[index].responseEntry, .response, index, &walk)
        }
    }

    /// One entry of a program. From an instruction on which an earlier walk of the same class stood, all is known.
    private func validateEntry(
        _ entry: UInt32,
        _ entryClass: ProgramWalk.EntryClass,
        _ program: Int,
        _ walk: inout ProgramWalk
    ) throws(TableError) {
        var offset = Int(entry)
        walk.jumps.removeAll(keepingCapacity: true)
        while true {
            guard offset < code.count else { throw .outOfRange(section: "programs", record: program, field: "code") }
            if walk.marks[offset] == entryClass.rawValue { break }
            let word = code[offset]
            guard let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: word)),
                opcode != .end || entryClass == .response
            else { throw .malformed(section: "code", record: offset, what: "unknown instruction") }
            try require(
                Int(UInt8(truncatingIfNeeded: word >> 8)) == opcode.wordCount,
                .code,
                offset,
                "the length is not the opcode's"
            )
            try require(
                opcode.isOfResponse == (entryClass == .response),
                .code,
                offset,
                "`\(opcode)` does not belong to this entry"
            )
            let next = offset + opcode.wordCount
            guard next <= code.count else { throw .outOfRange(section: "code", record: offset, field: "operands") }
            try validateOperands(of: opcode, argument: UInt16(word >> 16), at: offset)
            if opcode == .jumpUnlessPlanned { walk.jumps.append(next + Int(code[offset + 2])) }
            walk.marks[offset] = entryClass.rawValue
            if opcode.isTerminal { break }
            offset = next
        }
        for target in walk.jumps {
            // Marked: an instruction of a request entry, from which a walk reached its end.
            guard target < code.count, walk.marks[target] == ProgramWalk.EntryClass.request.rawValue else {
                throw .malformed(section: "programs", record: program, what: "a jump leads onto no instruction")
            }
        }
    }

    private func validateOperands(of opcode: Opcode, argument: UInt16, at offset: Int) throws(TableError) {
        switch opcode {
        case .requestID:
            let known = InstructionFlag.acceptanceMask | InstructionFlag.echoes
            try require(
                argument & ~known == 0 && argument & InstructionFlag.acceptanceMask < 3,
                .code,
                offset,
                "unknown flags"
            )
            try validateName(at: offset)
        case .traceRequest:
            try require(argument < 3, .code, offset, "unknown flags")
            try check(code[offset + 1], below: 1_000_001, .code, offset, "share")
        case .authenticateKey:
            let source = UInt8(truncatingIfNeeded: argument)
            try require(
                KeySourceCode(rawValue: source) != nil
                    && argument & ~(0xFF | InstructionFlag.forwardsCredential | InstructionFlag.isOptional) == 0,
                .code,
                offset,
                "unknown flags"
            )
            try validateName(at: offset)
        case .authenticateBasic, .authenticateCertificate:
            let known = InstructionFlag.forwardsCredential | InstructionFlag.isOptional
            try require(argument & ~known == 0, .code, offset, "unknown flags")
        case .authenticateToken:
            try require(argument & ~InstructionFlag.isOptional == 0, .code, offset, "unknown flags")
            try check(code[offset + 1], below: tokenPolicies.count, .code, offset, "token policy")
        case .introspectToken:
            try require(argument & ~InstructionFlag.isOptional == 0, .code, offset, "unknown flags")
            try check(code[offset + 1], below: introspections.count, .code, offset, "introspection")
        case .takeToken:
            try require(argument > 0, .code, offset, "a request that takes nothing")
            try check(code[offset + 1], below: rateLimits.count, .code, offset, "rate limit")
        case .enterLimit:
            try require(argument == 0, .code, offset, "unknown flags")
            try check(code[offset + 1], below: concurrencyLimits.count, .code, offset, "concurrency limit")
        case .injectFault:
            try require(argument <= InstructionFlag.aborts, .code, offset, "unknown flags")
            try check(code[offset + 1], below: faults.count, .code, offset, "fault")
            let fault = faults[code[offset + 1]]
            let isWhole = argument == InstructionFlag.aborts ? fault.status > 0 : fault.delay > 0
            try require(isWhole, .code, offset, "the fault does no such thing")
        case .authenticateSignature:
            try require(argument & ~InstructionFlag.isOptional == 0, .code, offset, "unknown flags")
            try check(code[offset + 1], below: signaturePolicies.count, .code, offset, "signature policy")
        case .askAuthorizer:
            try require(argument == 0, .code, offset, "unknown flags")
            try check(code[offset + 1], below: authorizers.count, .code, offset, "authorizer")
        case .requireClaims:
            try require(argument == 0, .code, offset, "unknown flags")
            // Both are below 2^32: no overflow in 64 bits.
            guard Int(code[offset + 1]) + Int(code[offset + 2]) <= claimRequirements.count else {
                throw .outOfRange(section: "code", record: offset, field: "requirements")
            }
        case .requireConsumer:
            try require(argument <= 1, .code, offset, "unknown flags")
            guard code[offset + 1] != TableLayout.none else { return }
            try check(code[offset + 1], below: consumers.count, .code, offset, "consumer")
        case .requireGroup:
            try require(argument <= InstructionFlag.passesStrangers, .code, offset, "unknown flags")
            try validateGroups(at: offset + 1)
        case .proxy: try validateProxy(argument, at: offset)
        case .mirror:
            try require(argument <= TableLayout.captureCountMax, .code, offset, "unknown flags")
            try check(code[offset + 1], below: upstreams.count, .code, offset, "upstream")
            try require(code[offset + 2] <= 1_000_000, .code, offset, "more than all requests are copied")
        case .proxySplit:
            try validateProxy(argument, at: offset)
            try check(code[offset + 3], below: canaries.count, .code, offset, "canary")
            var captures = code[offset + 4]
            for _ in 0..<TableLayout.branchCountMax {
                let capture = captures & InstructionFlag.branchCaptureMask
                try require(capture <= TableLayout.captureCountMax, .code, offset, "no such capture")
                captures >>= InstructionFlag.branchCaptureBits
            }
            try require(captures == 0, .code, offset, "unknown flags")
        case .admitAddress:
            try require(argument & ~InstructionFlag.denies == 0, .code, offset, "unknown flags")
            try check(code[offset + 1], below: addressSets.count, .code, offset, "address set")
        case .admitAgent:
            try require(argument & ~InstructionFlag.denies == 0, .code, offset, "unknown flags")
            for operand in [code[offset + 1], code[offset + 2]] where operand != TableLayout.none {
                try check(operand, below: automata.count, .code, offset, "automaton")
            }
        case .redirect:
            let status = argument & ~InstructionFlag.keepsQuery
            try require([301, 302, 303, 307, 308].contains(status), .code, offset, "the status redirects nobody")
            try check(code[offset + 1], below: templates.count, .code, offset, "template")
            try validatePieces(templates[code[offset + 1]], at: offset)
        case .editResponseHeaders:
            let known = InstructionFlag.editsRefusals | InstructionFlag.overTLSOnly
            try require(argument & ~known == 0, .code, offset, "unknown flags")
            try validateIndices(of: opcode, at: offset)
        case .compress: try validateCompression(argument, at: offset)
        case .keepAnswer:
            try require(argument <= InstructionFlag.asksAuthorizer, .code, offset, "unknown flags")
            for word in 1...3 { try check(code[offset + word], below: 1 << 31, .code, offset, "seconds") }
            try check(code[offset + 4], below: (1 << 30) + 1, .code, offset, "bytes")
        case .end, .gate, .gateUnlessPlanned, .jumpUnlessPlanned, .admitPreview, .limitBody,
            .editRequestHeaders, .editRequestQuery, .editRequestBody, .respond, .stampRequestID, .stampRateLimit,
            .stampLifecycle,
            .crossOrigin,
            .stampCrossOrigin, .acceptEncoding, .lookUp:
            try require(argument == 0, .code, offset, "unknown flags")
            try validateIndices(of: opcode, at: offset)
        }
    }

    private func validateIndices(of opcode: Opcode, at offset: Int) throws(TableError) {
        switch opcode {
        case .gate, .gateUnlessPlanned, .jumpUnlessPlanned, .stampLifecycle:
            try check(code[offset + 1], below: versions.count, .code, offset, "version")
        case .admitPreview:
            try check(code[offset + 1], below: versions.count, .code, offset, "version")
            try validateGroups(at: offset + 2)
        case .stampRateLimit: try check(code[offset + 1], below: rateLimits.count, .code, offset, "rate limit")
        case .editRequestHeaders, .editResponseHeaders:
            try check(code[offset + 1], below: headerEdits.count, .code, offset, "header edits")
        case .editRequestQuery: try check(code[offset + 1], below: queryEdits.count, .code, offset, "query edits")
        case .editRequestBody: try check(code[offset + 1], below: bodyEdits.count, .code, offset, "body edits")
        case .respond: try check(code[offset + 1], below: responses.count, .code, offset, "response")
        case .stampRequestID: try validateName(at: offset)
        case .crossOrigin, .stampCrossOrigin:
            try check(code[offset + 1], below: crossOrigins.count, .code, offset, "cross-origin policy")
        case .end, .limitBody, .takeToken, .requestID, .authenticateKey, .requireGroup, .proxy, .admitAddress,
            .redirect,
            .authenticateBasic, .authenticateCertificate, .authenticateToken, .requireClaims, .requireConsumer,
            .askAuthorizer, .introspectToken, .enterLimit, .injectFault, .proxySplit, .mirror,
            .authenticateSignature, .admitAgent, .traceRequest, .acceptEncoding, .compress, .lookUp,
            .keepAnswer:
            break
        }
    }

    /// A text in two operand words: the name of a header, a parameter or a cookie.
    private func validateName(at offset: Int) throws(TableError) {
        let reference = TextReference(offset: code[offset + 1], count: code[offset + 2])
        try check(reference, .code, offset, "name")
        let name = bytes(reference)
        try require(
            name.count > 0 && HeaderLineCheck.isValue(name, 0..<name.count),
            .code,
            offset,
            "the name is no name"
        )
    }

    private func validateCompression(_ level: UInt16, at offset: Int) throws(TableError) {
        try require(level >= 1 && level <= 9, .code, offset, "unknown flags")
        let types = TextReference(offset: code[offset + 2], count: code[offset + 3])
        try check(types, .code, offset, "media types")
        try require(MediaTypes.areTypes(bytes(types)), .code, offset, "the media types are none")
    }

    private func validateGroups(at offset: Int) throws(TableError) {
        try checkGroups(RangeRecord(first: code[offset], count: code[offset + 1]), .code, offset, "groups")
    }

    private func validateProxy(_ argument: UInt16, at offset: Int) throws(TableError) {
        guard let mode = PathModeCode(rawValue: UInt8(truncatingIfNeeded: argument)),
            argument >> InstructionFlag.hashedCaptureShift <= TableLayout.captureCountMax
        else { throw .malformed(section: "code", record: offset, what: "unknown flags") }
        try check(code[offset + 1], below: upstreams.count, .code, offset, "upstream")
        let operand = code[offset + 2]
        switch mode {
        case .strip:
            try check(operand, below: TableLayout.patternSegmentCountMax + 1, .code, offset, "segment count")
        case .whole: try require(operand == 0, .code, offset, "unknown operand")
        case .rewrite:
            try check(operand, below: templates.count, .code, offset, "template")
            try validatePath(templates[operand], at: offset)
        case .join:
            try check(operand, below: templates.count, .code, offset, "template")
            let parts = templates[operand]
            try validatePath(parts, at: offset)
            let isFine = parts.count == 1 || (parts.count == 2 && templateParts[parts.first + 1].capture == 0)
            try require(isFine, .code, offset, "a base with more than one capture")
        }
    }

    /// What a request line may hold as a path.
    private func validatePath(_ parts: RangeRecord, at offset: Int) throws(TableError) {
        try validatePieces(parts, at: offset)
        let first = templateParts[parts.first]
        try require(
            first.capture == TableLayout.none && first.text.count > 0
                && bytes(first.text)[0] == UInt8(ascii: "/"),
            .code,
            offset,
            "the path does not begin with a slash"
        )
    }

    /// Characters of a URL, some at least.
    private func validatePieces(_ parts: RangeRecord, at offset: Int) throws(TableError) {
        try require(parts.count > 0, .code, offset, "an empty path")
        for index in parts.first..<parts.first + parts.count where templateParts[index].capture == TableLayout.none {
            let piece = bytes(templateParts[index].text)
            for place in 0..<piece.count {
                try require(piece[place] > 0x20 && piece[place] != 0x7F, .code, offset, "the path holds a control byte")
            }
        }
    }
}

/// What walks over programs have seen.
private struct ProgramWalk {
    enum EntryClass: UInt8 {
        case request = 1
        case response = 2
    }

    /// Per word: 0, or the class of the entry whose instruction begins there.
    var marks: [UInt8]
    /// Where the jumps of the current entry lead.
    var jumps: [Int] = []

    init(wordCount: Int) {
        marks = [UInt8](repeating: 0, count: wordCount)
    }
}
