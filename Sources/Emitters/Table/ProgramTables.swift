internal import GatewayIR
internal import GatewayTable

/// Compiles chains to programs; equal programs are one, and so are equal entries of different programs.
struct ProgramTables {
    private(set) var programs: [ProgramRecord] = []
    private(set) var code: [UInt32] = []
    private(set) var policies: PolicyTables
    private let automata: AutomatonTable

    // Only ever asked for a value, never walked: their order does not reach the table.
    private var knownUses: [Use: UInt32] = [:]
    /// Neighbours mostly have the same program.
    private var lastUse: Use?
    private var lastNumber: UInt32 = 0
    private var knownEntries: [[UInt32]: UInt32] = [:]
    private var knownPrograms: [ProgramRecord: UInt32] = [:]

    /// - Parameters:
    ///   - groups: lists of groups that are known already.
    ///   - automata: those of the gateway.
    init(_ groups: GroupTables, _ automata: AutomatonTable) {
        policies = PolicyTables(groups: groups)
        self.automata = automata
    }

    /// What decides a route's program.
    private struct Use: Hashable {
        var chain: Int
        var version: Int
        var forwarding: Forwarding?
    }

    /// The number of a route's program.
    ///
    /// - Parameter index: of the route, which is only looked at: to copy a hundred thousand of them costs more.
    mutating func add(route index: Int, of gateway: Gateway, _ text: inout TextPool) -> UInt32 {
        let routes = gateway.routes
        if lastUse?.version == routes[index].version, lastUse?.chain == routes[index].chain,
            lastUse?.forwarding == routes[index].forwarding
        {
            return lastNumber
        }
        let route = routes[index]
        let use = Use(chain: route.chain, version: route.version, forwarding: route.forwarding)
        lastNumber = number(of: use, in: gateway, &text)
        lastUse = use
        return lastNumber
    }

    private mutating func number(of use: Use, in gateway: Gateway, _ text: inout TextPool) -> UInt32 {
        if let known = knownUses[use] { return known }
        let chain = gateway.chains[use.chain]
        let request = requestCode(chain, use, gateway.versions[use.version], &text)
        let response = responseCode(chain, use, of: gateway, &text)
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
        let gate = [hasPreview ? Opcode.gateUnlessPlanned.word() : Opcode.gate.word(), UInt32(use.version)]
        // Who is not admitted learns nothing: what stands before this refuses as if there were no such version.
        let admission = [Opcode.admitPreview.word(), UInt32(use.version)] + groups(version.previewGroups)
        let preview = [Opcode.jumpUnlessPlanned.word(), UInt32(use.version), UInt32(admission.count)] + admission
        var fixed = [(Phase.lifecycleGate, gate)]
        if hasPreview { fixed.append((.authorization, preview)) }
        let mode = chain.authenticationMode
        for step in chain.steps {
            while let (phase, code) = fixed.first, step.plugin.phase >= phase {
                words += code
                fixed.removeFirst()
            }
            words += requestInstruction(step.plugin, mode, &text)
        }
        // Whatever ends a program stands last in it.
        let isEnded = chain.steps.contains { $0.plugin.phase == .answer }
        guard !isEnded else { return words }
        for (_, code) in fixed { words += code }
        guard let forwarding = use.forwarding else { preconditionFailure("a route neither answers nor forwards") }
        if chain.compression != nil { words.append(Opcode.acceptEncoding.word()) }
        if chain.cache != nil { words.append(Opcode.lookUp.word()) }
        if let mirror = chain.mirror {
            let capture = forwarding.mirrorCapture.map { UInt16($0 + 1) } ?? 0
            words += [Opcode.mirror.word(argument: capture), UInt32(mirror.upstream), mirror.share]
        }
        return words + proxy(forwarding, chain.canary, &text)
    }

    /// What a plugin does with the request; nothing if it is about the answer only.
    private mutating func requestInstruction(
        _ plugin: Plugin,
        _ mode: AuthenticationMode,
        _ text: inout TextPool
    ) -> [UInt32] {
        switch plugin {
        case .requestID(let settings): settings.instruction(&text)
        case .traceContext(let settings):
            [Opcode.traceRequest.word(argument: UInt16(settings.accept.rawValue)), settings.samplePerMillion]
        case .ipRestriction(let settings):
            [
                Opcode.admitAddress.word(argument: settings.allow.isEmpty ? InstructionFlag.denies : 0),
                policies.edge.add(settings.addresses),
            ]
        case .botDetection(let settings): settings.instruction(automata)
        case .cors(let settings): [Opcode.crossOrigin.word(), policies.edge.add(settings, &text)]
        case .requestSizeLimit(let settings):
            [
                Opcode.limitBody.word(), UInt32(truncatingIfNeeded: settings.bodyBytesMax),
                UInt32(settings.bodyBytesMax >> 32),
            ]
        case .mtlsAuth: [Opcode.authenticateCertificate.word(argument: mode.flags)]
        case .keyAuth(let settings): settings.instructions(mode, &text)
        case .basicAuth(let settings):
            [
                Opcode.authenticateBasic.word(
                    argument: mode.flags | (settings.forwardsCredential ? InstructionFlag.forwardsCredential : 0)
                )
            ]
        case .hmacAuth(let settings):
            [
                Opcode.authenticateSignature.word(argument: mode.flags),
                policies.signatures.add(settings, &policies.tokens, &text),
            ]
        case .jwt(let settings):
            [Opcode.authenticateToken.word(argument: mode.flags), policies.tokens.add(settings, &text)]
        case .oauth2Introspection(let settings): introspection(settings, mode, &text)
        case .authentication(let settings):
            mode.isLenient
                ? [Opcode.requireConsumer.word(), settings.anonymous.map { UInt32($0) } ?? TableLayout.none] : []
        case .acl(.claims(let requirements)): claims(requirements, &text)
        case .acl(.allow(let groups)): [Opcode.requireGroup.word()] + self.groups(groups)
        case .acl(.audience(let group)):
            [Opcode.requireGroup.word(argument: InstructionFlag.passesStrangers)] + groups([group])
        case .acl(.deny(let groups)):
            [Opcode.requireGroup.word(argument: InstructionFlag.denies)] + self.groups(groups)
        case .forwardAuth(let settings): [Opcode.askAuthorizer.word(), policies.consulting.add(settings, &text)]
        case .concurrencyLimit(let settings): [Opcode.enterLimit.word(), policies.add(settings, &text)]
        case .rateLimit(let settings):
            [Opcode.takeToken.word(argument: UInt16(settings.cost)), policies.add(settings, &text)]
        case .fault(let settings): fault(settings, &text)
        case .requestHeaders(let edits): [Opcode.editRequestHeaders.word(), policies.add(edits, &text)]
        case .requestQuery(let edits): [Opcode.editRequestQuery.word(), policies.add(edits, &text)]
        case .requestBody(let edits): [Opcode.editRequestBody.word(), policies.add(edits, &text)]
        case .redirect(let settings):
            [Opcode.redirect.word(argument: settings.argument), policies.add(settings.location, &text)]
        case .respond(let settings): [Opcode.respond.word(), policies.add(settings, &text)]
        // Part of how a program ends.
        case .canary, .mirror, .responseCache: []
        case .responseHeaders, .securityHeaders, .compress: []
        }
    }

    /// Where a list of groups stands, as two operand words.
    private mutating func groups(_ groups: [Int]) -> [UInt32] {
        let range = policies.groups.add(groups)
        return [range.first, range.count]
    }

    /// Who is delayed may be answered thereafter.
    private mutating func fault(_ settings: FaultSettings, _ text: inout TextPool) -> [UInt32] {
        let number = policies.traffic.add(settings, &text)
        let delay = settings.delay == nil ? [] : [Opcode.injectFault.word(), number]
        return settings.status == nil
            ? delay : delay + [Opcode.injectFault.word(argument: InstructionFlag.aborts), number]
    }

    private mutating func introspection(
        _ settings: IntrospectionSettings,
        _ mode: AuthenticationMode,
        _ text: inout TextPool
    ) -> [UInt32] {
        let policy = policies.tokens.add(settings.token, &text)
        return [
            Opcode.introspectToken.word(argument: mode.flags), policies.consulting.add(settings, policy: policy, &text),
        ]
    }

    private mutating func claims(_ requirements: [ClaimRequirement], _ text: inout TextPool) -> [UInt32] {
        let range = policies.tokens.add(requirements, &text)
        return [Opcode.requireClaims.word(), range.first, range.count]
    }

    /// From the answer's head to the client: edits of the answer itself, then what the gateway says beside it.
    private mutating func responseCode(_ chain: Chain, _ use: Use, of gateway: Gateway, _ text: inout TextPool)
        -> [UInt32]
    {
        var edits: [UInt32] = []
        var stamps: [UInt32] = []
        var compression: [UInt32] = []
        var keeping: [UInt32] = []
        for step in chain.steps {
            switch step.plugin {
            case .respond(let settings):
                // An answer's own fields are text; those with captures are set like an edit.
                let fields = settings.headers.filter { $0.value.hasCaptures }
                if !fields.isEmpty { edits += edit(HeaderEdits(set: fields), &text) }
            case .responseHeaders(let settings): edits += edit(settings, &text)
            case .securityHeaders(let settings):
                edits += edit(settings.edits, flags: InstructionFlag.editsRefusals, &text)
                guard let value = settings.strictTransport else { continue }
                let field = HeaderField(name: "Strict-Transport-Security", value: TextTemplate(value))
                let flags = InstructionFlag.editsRefusals | InstructionFlag.overTLSOnly
                edits += edit(HeaderEdits(set: [field]), flags: flags, &text)
            case .requestID(let settings):
                guard settings.echo else { continue }
                let name = text.add(settings.header)
                stamps += [Opcode.stampRequestID.word(), name.offset, name.count]
            case .cors(let settings):
                stamps += [Opcode.stampCrossOrigin.word(), policies.edge.add(settings, &text)]
            case .rateLimit(let settings): stamps += [Opcode.stampRateLimit.word(), policies.add(settings, &text)]
            // What upstreams answer; it is looked at when all else is said.
            case .compress(let settings): compression = use.forwarding == nil ? [] : settings.instruction(&text)
            // What comes from the upstream is stored before anything of it is edited.
            case .responseCache(let settings):
                keeping = use.forwarding == nil ? [] : settings.instruction(asksAuthorizer: chain.asksAuthorizer)
            case .ipRestriction, .requestSizeLimit, .mtlsAuth, .keyAuth, .basicAuth, .jwt, .oauth2Introspection,
                .authentication, .acl, .forwardAuth, .concurrencyLimit, .fault, .requestHeaders, .canary, .mirror,
                .redirect, .traceContext, .botDetection, .hmacAuth, .requestQuery, .requestBody:
                continue
            }
        }
        // Most versions have no dates to tell: their answers look at nothing, and have their code in common.
        if LifecycleText.speaks(gateway.versions[use.version], of: gateway) {
            stamps += [Opcode.stampLifecycle.word(), UInt32(use.version)]
        }
        return keeping + edits + stamps + compression + [Opcode.end.word()]
    }

    private mutating func edit(_ edits: HeaderEdits, flags: UInt16 = 0, _ text: inout TextPool) -> [UInt32] {
        [Opcode.editResponseHeaders.word(argument: flags), policies.add(edits, &text)]
    }

    private mutating func proxy(_ forwarding: Forwarding, _ canary: CanarySettings?, _ text: inout TextPool)
        -> [UInt32]
    {
        var flags = forwarding.preservesHost ? InstructionFlag.preservesHost : 0
        if let capture = forwarding.hashedCapture { flags |= UInt16(capture + 1) << InstructionFlag.hashedCaptureShift }
        let mode: PathModeCode
        let operand: UInt32
        switch forwarding.path {
        case .stripping(let segmentCount): (mode, operand) = (.strip, UInt32(segmentCount))
        case .whole: (mode, operand) = (.whole, 0)
        case .rewritten(let template): (mode, operand) = (.rewrite, policies.add(template, &text))
        case .joined(let base, let strips):
            let template = TextTemplate(parts: [.text(base)] + (strips ? [.capture(0)] : []))
            (mode, operand) = (.join, policies.add(template, &text))
        }
        let argument = UInt16(mode.rawValue) | flags
        guard let canary else { return [Opcode.proxy.word(argument: argument), UInt32(forwarding.upstream), operand] }
        return [
            Opcode.proxySplit.word(argument: argument), UInt32(forwarding.upstream), operand,
            policies.traffic.add(canary, &text), forwarding.branchCaptures,
        ]
    }
}

extension Forwarding {
    /// 5 bits for each upstream of a canary.
    fileprivate var branchCaptures: UInt32 {
        canaryCaptures.reversed().reduce(0) { $0 << InstructionFlag.branchCaptureBits | UInt32(($1 ?? -1) + 1) }
    }
}

extension RedirectSettings {
    fileprivate var argument: UInt16 { status | (keepsQuery ? InstructionFlag.keepsQuery : 0) }
}

extension BotDetectionSettings {
    fileprivate func instruction(_ automata: AutomatonTable) -> [UInt32] {
        [
            Opcode.admitAgent.word(argument: refusesMissing ? InstructionFlag.denies : 0),
            allow.map { automata.number(of: $0.automaton) } ?? TableLayout.none,
            deny.map { automata.number(of: $0.automaton) } ?? TableLayout.none,
        ]
    }
}

extension ResponseCacheSettings {
    fileprivate func instruction(asksAuthorizer: Bool) -> [UInt32] {
        [
            Opcode.keepAnswer.word(argument: asksAuthorizer ? InstructionFlag.asksAuthorizer : 0), defaultLifetime,
            staleMeanwhile, staleIfError, bodySizeMax, UInt32(sizeMax >> 10),
        ]
    }
}

extension CompressSettings {
    fileprivate func instruction(_ text: inout TextPool) -> [UInt32] {
        let types = text.add(MediaTypes.text(types))
        return [Opcode.compress.word(argument: UInt16(level)), sizeMin, types.offset, types.count]
    }
}

extension RequestIDSettings {
    fileprivate func instruction(_ text: inout TextPool) -> [UInt32] {
        let name = text.add(header)
        let argument = UInt16(accept.rawValue) | (echo ? InstructionFlag.echoes : 0)
        return [Opcode.requestID.word(argument: argument), name.offset, name.count]
    }
}

/// How the plugins of a chain that find the consumer go together.
private struct AuthenticationMode {
    /// A request without one of the credentials passes on: `requireConsumer` decides.
    var isLenient = false

    var flags: UInt16 { isLenient ? InstructionFlag.isOptional : 0 }
}

extension Chain {
    fileprivate var authenticationMode: AuthenticationMode {
        let finders = steps.count { $0.plugin.kind.findsConsumer }
        for step in steps {
            guard case .authentication(let settings) = step.plugin else { continue }
            let isLenient = settings.anonymous != nil || finders > 1 && settings.requirement == .any
            return AuthenticationMode(isLenient: isLenient)
        }
        return AuthenticationMode()
    }
}

extension KeyAuthSettings {
    /// One instruction for each place; where there are several, none of them is missed alone.
    fileprivate func instructions(_ mode: AuthenticationMode, _ text: inout TextPool) -> [UInt32] {
        let isOptional = mode.isLenient || sources.count > 1
        var words: [UInt32] = []
        for source in sources {
            let code: KeySourceCode
            let name: TextReference
            switch source {
            case .header(let header): (code, name) = (.header, text.add(header.lowercased()))
            case .query(let parameter): (code, name) = (.query, text.add(parameter))
            case .cookie(let cookie): (code, name) = (.cookie, text.add(cookie))
            }
            let argument =
                UInt16(code.rawValue) | (forwardsCredential ? InstructionFlag.forwardsCredential : 0)
                | (isOptional ? InstructionFlag.isOptional : 0)
            words += [Opcode.authenticateKey.word(argument: argument), name.offset, name.count]
        }
        if isOptional, !mode.isLenient { words += [Opcode.requireConsumer.word(argument: 1), TableLayout.none] }
        return words
    }
}
