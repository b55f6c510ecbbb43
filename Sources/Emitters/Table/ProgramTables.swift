internal import GatewayIR
internal import GatewayTable

/// Compiles chains to programs; equal programs are one, and so are equal entries of different programs.
struct ProgramTables {
    private(set) var programs: [ProgramRecord] = []
    private(set) var code: [UInt32] = []
    private(set) var policies = PolicyTables()

    // Only ever asked for a value, never walked: their order does not reach the table.
    private var knownUses: [Use: UInt32] = [:]
    private var knownEntries: [[UInt32]: UInt32] = [:]
    private var knownPrograms: [ProgramRecord: UInt32] = [:]

    /// What decides a route's program.
    private struct Use: Hashable {
        var chain: Int
        var version: Int
        var forwarding: Forwarding?
    }

    /// The number of a route's program.
    mutating func add(_ route: Route, of gateway: Gateway, _ text: inout TextPool) -> UInt32 {
        let use = Use(chain: route.chain, version: route.version, forwarding: route.forwarding)
        if let known = knownUses[use] { return known }
        let chain = gateway.chains[route.chain]
        let request = requestCode(chain, use, gateway.versions[route.version], &text)
        let response = responseCode(chain, use, &text)
        let record = ProgramRecord(
            requestEntry: entry(request),
            responseEntry: entry(response),
            version: UInt32(use.version)
        )
        let number = knownPrograms[record] ?? UInt32(programs.count)
        if number == programs.count {
            programs.append(record)
            knownPrograms[record] = number
        }
        knownUses[use] = number
        return number
    }

    private mutating func entry(_ words: [UInt32]) -> UInt32 {
        if let known = knownEntries[words] { return known }
        let offset = UInt32(code.count)
        code += words
        knownEntries[words] = offset
        return offset
    }

    /// From the request's arrival to its answer or its upstream.
    private mutating func requestCode(
        _ chain: Chain,
        _ use: Use,
        _ version: Version,
        _ text: inout TextPool
    ) -> [UInt32] {
        var words: [UInt32] = []
        let hasPreview = !version.previewGroups.isEmpty
        if let settings = chain.requestID { words += settings.instruction(&text) }
        words += [hasPreview ? Opcode.gateUnlessPlanned.word() : Opcode.gate.word(), UInt32(use.version)]
        if let bytesMax = chain.bodyBytesMax {
            words += [Opcode.limitBody.word(), UInt32(truncatingIfNeeded: bytesMax), UInt32(bytesMax >> 32)]
        }
        if let settings = chain.keyAuth { words += settings.instruction(&text) }
        if hasPreview {
            // Who is not admitted learns nothing: what stands before this refuses as if there were no such version.
            let admission = [Opcode.admitPreview.word(), UInt32(use.version)] + GroupSet(version.previewGroups).words
            words += [Opcode.jumpUnlessPlanned.word(), UInt32(use.version), UInt32(admission.count)] + admission
        }
        if let settings = chain.acl { words += settings.instruction }
        if let settings = chain.rateLimit { words += [Opcode.takeToken.word(), policies.add(settings, &text)] }
        if let edits = chain.requestHeaders { words += [Opcode.editRequestHeaders.word(), policies.add(edits, &text)] }
        if let settings = chain.respond {
            return words + [Opcode.respond.word(), policies.add(settings, &text)]
        }
        guard let forwarding = use.forwarding else { preconditionFailure("a route neither answers nor forwards") }
        return words + proxy(forwarding, &text)
    }

    /// From the answer's head to the client.
    private mutating func responseCode(_ chain: Chain, _ use: Use, _ text: inout TextPool) -> [UInt32] {
        var words: [UInt32] = []
        // An answer's own fields are text; those with captures are set like an edit.
        if let fields = chain.respond?.headers.filter({ $0.value.hasCaptures }), !fields.isEmpty {
            words += [Opcode.editResponseHeaders.word(), policies.add(HeaderEdits(set: fields), &text)]
        }
        if let edits = chain.responseHeaders {
            words += [Opcode.editResponseHeaders.word(), policies.add(edits, &text)]
        }
        if let settings = chain.requestID, settings.echo {
            let name = text.add(settings.header)
            words += [Opcode.stampRequestID.word(), name.offset, name.count]
        }
        if let settings = chain.rateLimit { words += [Opcode.stampRateLimit.word(), policies.add(settings, &text)] }
        return words + [Opcode.stampLifecycle.word(), UInt32(use.version), Opcode.end.word()]
    }

    private mutating func proxy(_ forwarding: Forwarding, _ text: inout TextPool) -> [UInt32] {
        let flags = forwarding.preservesHost ? InstructionFlag.preservesHost : 0
        let mode: PathModeCode
        let operand: UInt32
        switch forwarding.path {
        case .stripping(let segmentCount): (mode, operand) = (.strip, UInt32(segmentCount))
        case .whole: (mode, operand) = (.whole, 0)
        case .rewritten(let template): (mode, operand) = (.rewrite, policies.add(template, &text))
        }
        return [Opcode.proxy.word(argument: UInt16(mode.rawValue) | flags), UInt32(forwarding.upstream), operand]
    }
}

extension Chain {
    fileprivate var requestID: RequestIDSettings? {
        first { if case .requestID(let settings) = $0 { settings } else { nil } }
    }
    fileprivate var bodyBytesMax: UInt64? {
        first { if case .requestSizeLimit(let settings) = $0 { settings.bodyBytesMax } else { nil } }
    }
    fileprivate var keyAuth: KeyAuthSettings? {
        first { if case .keyAuth(let settings) = $0 { settings } else { nil } }
    }
    fileprivate var acl: ACLSettings? { first { if case .acl(let settings) = $0 { settings } else { nil } } }
    fileprivate var rateLimit: RateLimitSettings? {
        first { if case .rateLimit(let settings) = $0 { settings } else { nil } }
    }
    fileprivate var requestHeaders: HeaderEdits? {
        first { if case .requestHeaders(let edits) = $0 { edits } else { nil } }
    }
    fileprivate var respond: RespondSettings? {
        first { if case .respond(let settings) = $0 { settings } else { nil } }
    }
    fileprivate var responseHeaders: HeaderEdits? {
        first { if case .responseHeaders(let edits) = $0 { edits } else { nil } }
    }

    /// The settings of the one plugin of a kind, if the chain has it.
    private func first<Settings>(_ pick: (Plugin) -> Settings?) -> Settings? {
        for step in steps {
            if let settings = pick(step.plugin) { return settings }
        }
        return nil
    }
}

extension RequestIDSettings {
    fileprivate func instruction(_ text: inout TextPool) -> [UInt32] {
        let name = text.add(header)
        let argument = UInt16(accept.rawValue) | (echo ? InstructionFlag.echoes : 0)
        return [Opcode.requestID.word(argument: argument), name.offset, name.count]
    }
}

extension KeyAuthSettings {
    fileprivate func instruction(_ text: inout TextPool) -> [UInt32] {
        let code: KeySourceCode
        let name: TextReference
        switch source {
        case .header(let header): (code, name) = (.header, text.add(header.lowercased()))
        case .query(let parameter): (code, name) = (.query, text.add(parameter))
        case .cookie(let cookie): (code, name) = (.cookie, text.add(cookie))
        }
        let argument = UInt16(code.rawValue) | (forwardsCredential ? InstructionFlag.forwardsCredential : 0)
        return [Opcode.authenticateKey.word(argument: argument), name.offset, name.count]
    }
}

extension ACLSettings {
    fileprivate var instruction: [UInt32] {
        switch self {
        case .allow(let groups): [Opcode.requireGroup.word()] + GroupSet(groups).words
        case .deny(let groups): [Opcode.requireGroup.word(argument: InstructionFlag.denies)] + GroupSet(groups).words
        }
    }
}

extension GroupSet {
    /// - Parameter groups: indices of groups.
    init(_ groups: [Int]) {
        self.init()
        for group in groups { insert(group) }
    }

    /// As eight operand words, the low half of each integer first.
    fileprivate var words: [UInt32] {
        [bits0, bits1, bits2, bits3].flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] }
    }
}
