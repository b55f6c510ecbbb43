extension TableReport {
    /// Every program, an instruction a line with its place in `code`.
    var programs: ReportPart {
        var part = ReportPart("programs", columns: ["program", "routes", "instructions"])
        var useCounts = [Int](repeating: 0, count: view.programs.count)
        for index in 0..<view.routes.count { useCounts[Int(view.routes[index].program)] += 1 }
        for index in 0..<view.programs.count {
            let program = view.programs[index]
            let lines =
                ["request:"] + instructions(from: program.requestEntry)
                + ["response:"] + instructions(from: program.responseEntry)
            part.add([.number(index), .number(useCounts[index]), .lines(lines)])
        }
        return part
    }

    private func instructions(from entry: UInt32) -> [String] {
        var lines: [String] = []
        var offset = Int(entry)
        while let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: view.code[offset])) {
            let operands = operands(of: opcode, argument: UInt16(view.code[offset] >> 16), at: offset)
            lines.append("\(offset)  \(opcode.name)\(operands.isEmpty ? "" : " ")\(operands)")
            if opcode.isTerminal { break }
            offset += opcode.wordCount
        }
        return lines
    }

    private func operands(of opcode: Opcode, argument: UInt16, at offset: Int) -> String {
        let first = opcode.wordCount > 1 ? view.code[offset + 1] : 0
        return switch opcode {
        case .end, .acceptEncoding, .lookUp: ""
        case .requestID:
            name(at: offset) + ", " + believed(argument)
                + (argument & InstructionFlag.echoes == 0 ? "" : ", echoed")
        case .traceRequest: "\(believed(argument)), \(first) of a million sampled"
        case .gate, .gateUnlessPlanned, .stampLifecycle: version(first)
        case .jumpUnlessPlanned: "\(version(first)) to \(offset + opcode.wordCount + Int(view.code[offset + 2]))"
        case .admitPreview: "\(version(first)) for \(groups(at: offset + 2))"
        case .limitBody: "\(UInt64(first) | UInt64(view.code[offset + 2]) << 32) bytes"
        case .authenticateKey:
            ["header", "query", "cookie"][Int(argument & 0xFF)] + " " + name(at: offset)
                + credentialFlags(argument)
        case .authenticateBasic, .authenticateCertificate: String(credentialFlags(argument).dropFirst(2))
        case .authenticateToken: token(view.tokenPolicies[first]) + credentialFlags(argument)
        case .introspectToken: introspection(view.introspections[first]) + credentialFlags(argument)
        case .enterLimit:
            "\(view.concurrencyLimits[first].limit) by "
                + limitKey(view.concurrencyLimits[first].keyKind, view.concurrencyLimits[first].keyName)
        case .injectFault: fault(view.faults[first], aborts: argument == InstructionFlag.aborts)
        case .authenticateSignature: signature(view.signaturePolicies[first]) + credentialFlags(argument)
        case .askAuthorizer: authorizer(view.authorizers[first])
        case .requireClaims: claims(RangeRecord(first: first, count: view.code[offset + 2]))
        case .requireConsumer:
            (argument == 0 ? "" : "by key")
                + (first == TableLayout.none ? "" : "else \(view.string(view.consumers[first].name))")
        case .requireGroup:
            (argument & InstructionFlag.denies == 0 ? "allow " : "deny ") + groups(at: offset + 1)
                + (argument & InstructionFlag.passesStrangers == 0 ? "" : " and strangers")
        case .takeToken: rateLimit(view.rateLimits[first]) + (argument > 1 ? "; \(argument) a request" : "")
        case .stampRateLimit: rateLimit(view.rateLimits[first])
        case .editRequestHeaders: headerEdits(first)
        case .editRequestQuery:
            edits(view.queryEdits[first]) { (view.queryParameters[$0].name, view.queryParameters[$0].template) }
        case .editRequestBody: bodyEdits(view.bodyEdits[first])
        case .editResponseHeaders:
            headerEdits(first)
                + (argument & InstructionFlag.editsRefusals == 0 ? "" : "; refusals, too")
                + (argument & InstructionFlag.overTLSOnly == 0 ? "" : "; over TLS only")
        case .admitAddress:
            (argument & InstructionFlag.denies == 0 ? "allow " : "deny ") + addresses(view.addressSets[first])
        case .admitAgent: agents(first, view.code[offset + 2], argument)
        case .crossOrigin, .stampCrossOrigin: crossOrigin(view.crossOrigins[first])
        case .redirect:
            "\(argument & ~InstructionFlag.keepsQuery) \(template(first))"
                + (argument & InstructionFlag.keepsQuery == 0 ? "" : " with the query")
        case .respond:
            "\(view.responses[first].status), \(view.responses[first].body.count) bytes, "
                + quoted(view.string(view.responses[first].headerLines))
        case .proxy: proxy(argument, at: offset)
        case .proxySplit: proxy(argument, at: offset) + canary(at: offset)
        case .mirror:
            "\(view.code[offset + 2]) in a million to \(view.string(view.upstreams[first].name))"
                + (argument == 0 ? "" : ", hashed by capture \(argument - 1)")
        case .stampRequestID: name(at: offset)
        case .compress: compression(level: argument, at: offset)
        case .keepAnswer:
            "\(view.code[offset + 5]) KiB, bodies of \(view.code[offset + 4]) bytes, "
                + "fresh \(first) s, meanwhile \(view.code[offset + 2]) s, on failure \(view.code[offset + 3]) s"
                + (argument == 0 ? "" : ", for all or not at all")
        }
    }

    private func compression(level: UInt16, at offset: Int) -> String {
        let types = view.string(TextReference(offset: view.code[offset + 2], count: view.code[offset + 3]))
        return
            "gzip, level \(level), from \(view.code[offset + 1]) bytes, \(types.split(separator: "\n").joined(separator: " "))"
    }

    private func believed(_ argument: UInt16) -> String {
        "believed " + ["never", "from trusted peers", "always"][Int(argument & InstructionFlag.acceptanceMask)]
    }

    private func credentialFlags(_ argument: UInt16) -> String {
        (argument & InstructionFlag.forwardsCredential == 0 ? "" : ", forwarded")
            + (argument & InstructionFlag.isOptional == 0 ? "" : ", optional")
    }

    private func proxy(_ argument: UInt16, at offset: Int) -> String {
        let operand = view.code[offset + 2]
        let path =
            switch PathModeCode(rawValue: UInt8(truncatingIfNeeded: argument)) {
            case .strip: "without \(operand) segments"
            case .whole: "whole path"
            case .join: "behind \(template(operand))"
            case .rewrite, nil: "as \(template(operand))"
            }
        let host = argument & InstructionFlag.preservesHost == 0 ? "" : ", host preserved"
        let capture = argument >> InstructionFlag.hashedCaptureShift
        let hashed = capture == 0 ? "" : ", hashed by capture \(capture - 1)"
        return "\(view.string(view.upstreams[view.code[offset + 1]].name)) \(path)\(host)\(hashed)"
    }

    private func name(at offset: Int) -> String {
        view.string(TextReference(offset: view.code[offset + 1], count: view.code[offset + 2]))
    }

    private func version(_ index: UInt32) -> String {
        let version = view.versions[index]
        return "\(view.string(view.apis[version.api].name))/\(view.string(version.name))"
    }

    private func groups(at offset: Int) -> String {
        let names = groupNames(RangeRecord(first: view.code[offset], count: view.code[offset + 1]))
        return names.isEmpty ? "nobody" : names.joined(separator: ", ")
    }

    private func rateLimit(_ limit: RateLimitRecord) -> String {
        let key = limitKey(limit.keyKind, limit.keyName)
        let tiers = (limit.tiers.first..<limit.tiers.first + limit.tiers.count).map { index in
            let tier = view.rateTiers[index]
            return "; \(view.string(view.groups[tier.group])): \(rates(tier.rateSet))"
        }
        return "\(rates(limit.rateSet)) by \(key)\(tiers.joined())\(limit.isShared ? "; nodes together" : "")"
    }

    private func limitKey(_ kind: UInt32, _ name: TextReference) -> String {
        switch RateKeyKind(rawValue: kind) {
        case .consumer: "consumer"
        case .address: "address"
        case .path: "path"
        case .all: "all"
        case .claim: "claim \(view.string(name))"
        case .header, nil: "header \(view.string(name))"
        }
    }

    private func bodyEdits(_ edits: BodyEditsRecord) -> String {
        let range = edits.operations
        let parts = (range.first..<range.first + range.count).map { index in
            let operation = view.bodyOperations[index]
            let path = texts(operation.names).replacing(" ", with: ".")
            return switch BodyOperationKind(rawValue: operation.kind) {
            case .set: "set \(path): \(quoted(view.string(operation.value)))"
            case .add: "add \(path): \(quoted(view.string(operation.value)))"
            case .remove, nil: "remove \(path)"
            }
        }
        return parts.joined(separator: ", ") + "; at most \(edits.byteCountMax) bytes"
    }

    private func fault(_ fault: FaultRecord, aborts: Bool) -> String {
        let what =
            aborts
            ? "abort with \(fault.status) of \(fault.abortShare) in a million"
            : "delay \(fault.delay) ms of \(fault.delayShare) in a million"
        return what + (fault.header.count == 0 ? "" : ", with \(view.string(fault.header))")
            + (fault.from == .min ? "" : ", from \(CalendarTime(fault.from).rfc3339)")
            + (fault.until == .max ? "" : ", until \(CalendarTime(fault.until).rfc3339)")
    }

    private func canary(at offset: Int) -> String {
        let record = view.canaries[view.code[offset + 3]]
        let steps = (record.steps.first..<record.steps.first + record.steps.count).map { index in
            let step = view.canarySteps[index]
            let from = step.from == .min ? "ever" : CalendarTime(step.from).rfc3339
            return "\(pieces(step.pieces)) from \(from)"
        }
        let isRandom = record.keyKind == RateKeyKind.all.rawValue
        let key = isRandom ? "at random" : "by \(limitKey(record.keyKind, record.keyName))"
        let captures = (0..<UInt32(TableLayout.branchCountMax)).map { branch in
            view.code[offset + 4] >> (branch * InstructionFlag.branchCaptureBits) & InstructionFlag.branchCaptureMask
        }
        let hashed = captures.enumerated().filter { $0.element > 0 }
            .map { ", branch \($0.offset) hashed by capture \($0.element - 1)" }
        return "; \(steps.joined(separator: ", ")) \(key)\(hashed.joined())"
    }

    private func pieces(_ range: RangeRecord) -> String {
        (range.first..<range.first + range.count).map { index in
            let piece = view.canaryPieces[index]
            let upstream =
                piece.upstream == TableLayout.none ? "its own" : view.string(view.upstreams[piece.upstream].name)
            return "below \(piece.end) to \(upstream)"
        }.joined(separator: ", ")
    }

    private func rates(_ set: UInt32) -> String {
        let range = view.rateSets[set]
        return (range.first..<range.first + range.count)
            .map { "\(view.rates[$0].limit)/\(view.string(view.rates[$0].name))" }.joined(separator: ", ")
    }

    private func addresses(_ set: RangeRecord) -> String {
        (set.first..<set.first + set.count).map { index in
            let range = view.addressRanges[index]
            let first = AddressText.text(range.first)
            return range.first == range.last ? first : "\(first)-\(AddressText.text(range.last))"
        }.joined(separator: ", ")
    }

    private func agents(_ allowed: UInt32, _ denied: UInt32, _ argument: UInt16) -> String {
        let lists = [("allow", allowed), ("deny", denied)].filter { $0.1 != TableLayout.none }.map { name, index in
            "\(name) automaton \(index)"
        }
        return lists.joined(separator: ", ")
            + (argument & InstructionFlag.denies == 0 ? "" : ", deny who says nothing")
    }

    private func crossOrigin(_ record: CrossOriginRecord) -> String {
        let origins = (record.origins.first..<record.origins.first + record.origins.count).map {
            view.string(view.origins[$0])
        }
        return (origins.isEmpty ? "every origin" : origins.joined(separator: ", "))
            + ", answers \(quoted(view.string(record.answerLines)))"
            + ", preflights \(quoted(view.string(record.preflightLines)))"
    }

    /// - Parameter edited: the name and the template that stand at an index.
    private func edits(
        _ edits: EditsRecord,
        _ edited: (UInt32) -> (name: TextReference, template: UInt32)
    ) -> String {
        func all(_ range: RangeRecord) -> [(name: TextReference, template: UInt32)] {
            (range.first..<range.first + range.count).map(edited)
        }
        let removals = all(edits.removals).map { "remove \(view.string($0.name))" }
        let settings = all(edits.settings).map { "set \(template($0.template))" }
        let additions = all(edits.additions).map { "add \(template($0.template))" }
        return (removals + settings + additions).joined(separator: "; ")
    }

    private func headerEdits(_ index: UInt32) -> String {
        edits(view.headerEdits[index]) { (view.headerFields[$0].name, view.headerFields[$0].line) }
    }

    private func template(_ index: UInt32) -> String {
        let range = view.templates[index]
        let parts = (range.first..<range.first + range.count).map { index in
            let part = view.templateParts[index]
            return part.capture == TableLayout.none ? view.string(part.text) : "{\(part.capture)}"
        }
        return quoted(parts.joined())
    }

    private func token(_ policy: TokenPolicyRecord) -> String {
        let place = ["header", "query", "cookie"][Int(policy.place)] + " " + view.string(policy.placeName)
        let keys = policy.keys.count == 0 ? "" : ", \(policy.keys.count) keys"
        let source =
            policy.keySource == TableLayout.none
            ? "" : ", keys of \(view.string(view.keySources[policy.keySource].url))"
        let issuer = policy.issuer.count == 0 ? "" : ", of \(view.string(policy.issuer))"
        let audiences = texts(policy.audiences)
        let consumer =
            policy.consumerClaim.count == 0 ? "" : ", the consumer by \(view.string(policy.consumerClaim))"
        let needed = policy.requirements.count == 0 ? "" : ", " + claims(policy.requirements)
        return place + keys + source + issuer + (audiences.isEmpty ? "" : " for \(audiences)") + consumer + needed
            + (policy.forwards ? ", forwarded" : "")
    }

    private func claims(_ range: RangeRecord) -> String {
        (range.first..<range.first + range.count).map { index in
            let record = view.claimRequirements[index]
            return "\(view.string(record.claim)) \(record.needsAll ? "all of" : "one of") \(texts(record.values))"
        }.joined(separator: ", ")
    }

    private func texts(_ range: RangeRecord) -> String {
        (range.first..<range.first + range.count).map { view.string(view.tokenTexts[$0]) }.joined(separator: " ")
    }

    private func introspection(_ record: IntrospectionRecord) -> String {
        let secret = view.string(record.secret)
        let isFile = record.secretKind == UInt32(CredentialKind.file.rawValue)
        return
            "\(token(view.tokenPolicies[record.policy])), asks \(view.string(view.upstreams[record.upstream].name)) for "
            + "\(quoted(view.string(record.path))) within \(record.timeout) ms as \(view.string(record.clientID)) with "
            + "${\(isFile ? "file" : "env"):\(secret)}, kept \(record.keepsSeconds) s, refused "
            + "\(record.keepsRefusedSeconds) s"
    }

    private func signature(_ policy: SignaturePolicyRecord) -> String {
        let schemes = [(policy.takesMessages, "message-signatures"), (policy.takesKong, "kong")].filter(\.0).map(\.1)
        let names = ["@method", "@authority", "@scheme", "@path", "@query", "content-digest"].enumerated()
        let parts = names.filter { policy.parts & 1 << UInt32($0.offset) != 0 }.map(\.element)
        let covered = (parts + [texts(policy.fields)].filter { !$0.isEmpty }).joined(separator: " ")
        let label = policy.label.count == 0 ? "" : " labelled \(view.string(policy.label))"
        return "\(schemes.joined(separator: " or "))\(label) over \(covered), at most \(policy.lifetimeSeconds) s old"
            + (policy.forwards ? ", forwarded" : "") + (policy.checksBody ? "" : ", body unchecked")
    }

    private func authorizer(_ record: AuthorizerRecord) -> String {
        let lists = [
            ("sent", record.requestHeaders), ("passed on", record.upstreamHeaders), ("told", record.clientHeaders),
        ]
        let names = lists.filter { $0.1.count > 0 }.map { what, range in
            let list = (range.first..<range.first + range.count).map { view.string(view.fieldNames[$0]) }
            return ", \(what) \(list.joined(separator: " "))"
        }
        return "\(view.string(view.upstreams[record.upstream].name)) for \(quoted(view.string(record.path))) within "
            + "\(record.timeout) ms\(names.joined())" + (record.passesOnFailure ? ", passes without an answer" : "")
            + (record.removesAuthorization ? ", authorization removed" : "")
    }

    private func quoted(_ text: String) -> String { JSONText.quoted(text) }
}

extension Opcode {
    /// As `apic inspect` writes it.
    package var name: StaticString {
        switch self {
        case .end: "end"
        case .requestID: "request-id"
        case .traceRequest: "trace-request"
        case .gate: "gate"
        case .gateUnlessPlanned: "gate-unless-planned"
        case .jumpUnlessPlanned: "jump-unless-planned"
        case .admitPreview: "admit-preview"
        case .limitBody: "limit-body"
        case .authenticateKey: "authenticate-key"
        case .requireGroup: "require-group"
        case .takeToken: "take-token"
        case .editRequestHeaders: "edit-request-headers"
        case .editRequestQuery: "edit-request-query"
        case .editRequestBody: "edit-request-body"
        case .respond: "respond"
        case .proxy: "proxy"
        case .editResponseHeaders: "edit-response-headers"
        case .stampRequestID: "stamp-request-id"
        case .stampRateLimit: "stamp-rate-limit"
        case .stampLifecycle: "stamp-lifecycle"
        case .admitAddress: "admit-address"
        case .admitAgent: "admit-agent"
        case .authenticateBasic: "authenticate-basic"
        case .authenticateCertificate: "authenticate-certificate"
        case .authenticateToken: "authenticate-token"
        case .requireClaims: "require-claims"
        case .askAuthorizer: "ask-authorizer"
        case .enterLimit: "enter-limit"
        case .injectFault: "inject-fault"
        case .proxySplit: "proxy-split"
        case .mirror: "mirror"
        case .introspectToken: "introspect-token"
        case .authenticateSignature: "authenticate-signature"
        case .requireConsumer: "require-consumer"
        case .crossOrigin: "cross-origin"
        case .redirect: "redirect"
        case .stampCrossOrigin: "stamp-cross-origin"
        case .acceptEncoding: "accept-encoding"
        case .compress: "compress"
        case .keepAnswer: "keep-answer"
        case .lookUp: "look-up"
        }
    }
}

/// Addresses for people: IPv4 with dots, IPv6 as eight groups.
enum AddressText {
    static func text(_ address: UInt128) -> String {
        if address >> 32 == 0xFFFF {
            return (0..<4).map { String(UInt8(truncatingIfNeeded: address >> UInt128(24 - 8 * $0))) }
                .joined(separator: ".")
        }
        return (0..<8).map { String(UInt16(truncatingIfNeeded: address >> UInt128(112 - 16 * $0)), radix: 16) }
            .joined(separator: ":")
    }
}
