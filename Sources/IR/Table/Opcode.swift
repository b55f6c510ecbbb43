/// The instructions of policy programs.
///
/// An instruction is a word — opcode in the low 8 bits, its length in words in the next 8, a 16-bit argument above —
/// followed by operand words. A program has a request entry and a response entry, each running forward to an end; a
/// jump only ever goes forward, so a program's cost is bounded by its length.
///
/// | opcode | argument | operands |
/// |---|---|---|
/// | `requestID` | acceptance, bit 2: echo | text offset, text count (header name) |
/// | `traceRequest` | acceptance | traces sampled of a million |
/// | `gate` | 0 | version |
/// | `gateUnlessPlanned` | 0 | version |
/// | `jumpUnlessPlanned` | 0 | version, words to skip behind this instruction |
/// | `admitPreview` | 0 | version, groups |
/// | `limitBody` | 0 | bytes low, bytes high |
/// | `authenticateKey` | source, bit 8: forward, bit 9: optional | text offset, text count (a header's is lower-case) |
/// | `requireGroup` | 0 allow, 1 deny, 2 allow and strangers | groups |
/// | `takeToken` | what one request takes, from 1 | rate limit |
/// | `editRequestHeaders` | 0 | header edits |
/// | `editRequestQuery` | 0 | query edits |
/// | `editRequestBody` | 0 | body edits |
/// | `respond` | 0 | response |
/// | `proxy` | path mode, bit 8: preserve host, bits 9 on: hashed capture | upstream, segment count or template |
/// | `proxySplit` | as `proxy` | as `proxy`, canary, 5 bits per branch: one more than its hashed capture, or 0 |
/// | `mirror` | one more than the capture that its upstream hashes, or 0 | upstream, share in millionths |
/// | `authenticateBasic` | bit 8: forward, bit 9: optional | |
/// | `authenticateCertificate` | bit 9: optional | |
/// | `requireConsumer` | 1: by a key | anonymous consumer or none |
/// | `authenticateToken` | bit 9: optional | token policy |
/// | `requireClaims` | 0 | first requirement, count |
/// | `askAuthorizer` | 0 | authorizer |
/// | `introspectToken` | bit 9: optional | introspection |
/// | `enterLimit` | 0 | concurrency limit |
/// | `injectFault` | 0 delays, 1 aborts | fault |
/// | `authenticateSignature` | bit 9: optional | signature policy |
/// | `admitAddress` | 0 allow, 1 deny | address set |
/// | `admitAgent` | 1: one must be named | automaton of those allowed or none, of those denied or none |
/// | `crossOrigin` | 0 | cross-origin policy |
/// | `acceptEncoding` | 0 | |
/// | `lookUp` | 0 | |
/// | `redirect` | status, bit 15: with the query | template |
/// | `editResponseHeaders` | bit 0: on refusals, too; bit 1: over TLS only | header edits |
/// | `stampRequestID` | 0 | text offset, text count (header name) |
/// | `stampRateLimit` | 0 | rate limit |
/// | `stampLifecycle` | 0 | version |
/// | `stampCrossOrigin` | 0 | cross-origin policy |
/// | `compress` | level | bytes from which on it is worth it, text offset, text count (media types) |
/// | `keepAnswer` | 1: an authorizer is asked | seconds fresh, meanwhile, on failure, bytes of one body, KiB of all |
/// | `end` | 0 | |
package enum Opcode: UInt8, CaseIterable, Sendable {
    /// Ends a response program.
    case end = 0
    /// Takes over or makes the request's id.
    case requestID = 1
    /// Refuses what the version's state does not serve.
    case gate = 2
    /// `gate`, but lets a planned version pass to `admitPreview`.
    case gateUnlessPlanned = 3
    /// Skips forward unless the version is planned.
    case jumpUnlessPlanned = 4
    /// Refuses consumers outside the preview's groups as if there were no such version.
    case admitPreview = 5
    /// Bounds the request's body.
    case limitBody = 6
    /// Finds the consumer by a key.
    case authenticateKey = 7
    /// Refuses consumers by their groups.
    case requireGroup = 8
    /// Counts the request against a rate limit.
    case takeToken = 9
    /// Edits what the upstream gets.
    case editRequestHeaders = 10
    /// Answers, and ends the request program.
    case respond = 11
    /// Sends the request to an upstream, and ends the request program.
    case proxy = 12
    /// Refuses clients by their address.
    case admitAddress = 13
    /// Answers preflights, and notes the origin that may read the answer.
    case crossOrigin = 14
    /// Sends the client elsewhere, and ends the request program.
    case redirect = 15
    /// Finds the consumer by user name and password.
    case authenticateBasic = 16
    /// Finds the consumer by its certificate.
    case authenticateCertificate = 17
    /// Refuses who was not found, or lets it pass as the anonymous consumer.
    case requireConsumer = 18
    /// Finds out who calls by a signed token.
    case authenticateToken = 19
    /// Refuses who comes without a token that says certain things.
    case requireClaims = 20
    /// Asks another server whether the request passes, and goes on when it has answered.
    case askAuthorizer = 21
    /// Finds out who calls by a token of which an authorization server says what it is worth.
    case introspectToken = 22
    /// Counts the request among those in flight.
    case enterLimit = 23
    /// Rehearses a slow or failing request.
    case injectFault = 24
    /// `proxy`, or to another upstream, and ends the request program.
    case proxySplit = 25
    /// Sends a copy of the request to another upstream, too.
    case mirror = 26
    /// Finds the consumer by a signature over the request.
    case authenticateSignature = 27
    /// Refuses clients by their `User-Agent`.
    case admitAgent = 28
    /// Takes over or begins a trace.
    case traceRequest = 29
    /// Edits the query that the upstream gets.
    case editRequestQuery = 30
    /// Edits the body that the upstream gets, once all of it is there.
    case editRequestBody = 31
    /// Edits what the client gets.
    case editResponseHeaders = 32
    /// Tells the client the request's id.
    case stampRequestID = 33
    /// Tells the client what is left of its limits.
    case stampRateLimit = 34
    /// Tells the client the version's deprecation, sunset and links, and what the answer varies by.
    case stampLifecycle = 35
    /// Tells browsers who may read the answer.
    case stampCrossOrigin = 36
    /// Compresses the answer, if its client takes it so and it is worth it.
    case compress = 37
    /// Stores the answer, if it may be, or forgets what it changed.
    case keepAnswer = 38
    /// Notes whether the client takes gzip.
    case acceptEncoding = 40
    /// Answers from the store, and ends the request program, or goes on.
    case lookUp = 41

    /// Words of the instruction, its first included.
    package var wordCount: Int {
        switch self {
        case .end, .authenticateBasic, .authenticateCertificate, .acceptEncoding, .lookUp: 1
        case .gate, .gateUnlessPlanned, .takeToken, .editRequestHeaders, .respond, .editResponseHeaders,
            .stampRateLimit, .stampLifecycle, .admitAddress, .crossOrigin, .redirect, .stampCrossOrigin,
            .requireConsumer, .authenticateToken, .askAuthorizer, .introspectToken, .enterLimit, .injectFault,
            .authenticateSignature, .traceRequest, .editRequestQuery, .editRequestBody:
            2
        case .requestID, .jumpUnlessPlanned, .limitBody, .authenticateKey, .proxy, .stampRequestID, .requireClaims,
            .mirror, .admitAgent, .requireGroup:
            3
        case .admitPreview, .compress: 4
        case .proxySplit: 5
        case .keepAnswer: 6
        }
    }

    /// Whether the instruction ends the entry in which it stands.
    package var isTerminal: Bool {
        switch self {
        case .end, .respond, .redirect, .proxy, .proxySplit: true
        default: false
        }
    }

    /// Whether the instruction belongs to the response entry.
    package var isOfResponse: Bool { self == .end || (32..<40).contains(rawValue) }

    /// The first word of an instruction.
    package func word(argument: UInt16 = 0) -> UInt32 {
        UInt32(rawValue) | UInt32(wordCount) << 8 | UInt32(argument) << 16
    }
}

/// Where `authenticateKey` looks: the low byte of its argument.
package enum KeySourceCode: UInt8, Sendable {
    case header = 0
    case query = 1
    case cookie = 2
}

/// Which path `proxy` and `proxySplit` send: the low byte of its argument.
package enum PathModeCode: UInt8, BitwiseCopyable, Sendable {
    /// Without so many leading segments.
    case strip = 0
    case whole = 1
    /// From a template.
    case rewrite = 2
    /// What the template's first part says, and the path behind it; without the first capture if that is the second
    /// part. See `PathJoin`.
    case join = 3
}

/// Flags in the argument of instructions.
package enum InstructionFlag {
    /// `requestID`: the answer tells the id, too.
    package static let echoes: UInt16 = 1 << 2
    /// `requestID`, `traceRequest`: the low bits say whose ids are believed (`RequestIDAcceptance`).
    package static let acceptanceMask: UInt16 = 3
    /// `authenticateKey`, `authenticateBasic`, `authenticateCertificate`, `authenticateToken`, `introspectToken`,
    /// `authenticateSignature`: a request without the credential passes.
    package static let isOptional: UInt16 = 1 << 9
    /// `authenticateKey`, `authenticateBasic`: the upstream gets to see the credential.
    package static let forwardsCredential: UInt16 = 1 << 8
    /// `proxy`, `proxySplit`: the upstream gets the client's `Host`.
    package static let preservesHost: UInt16 = 1 << 8
    /// `proxy`, `proxySplit`: from this bit on stands one more than the capture that is hashed, or 0.
    package static let hashedCaptureShift: UInt16 = 9
    /// `proxySplit`: of each branch, from the lowest bits on.
    package static let branchCaptureBits: UInt32 = 5
    package static let branchCaptureMask: UInt32 = 31
    /// `requireGroup`, `admitAddress`: the set names who may not pass. `admitAgent`: nor may who says nothing.
    package static let denies: UInt16 = 1
    /// `injectFault`: the request is answered, not delayed.
    package static let aborts: UInt16 = 1
    /// `requireGroup`: who is no consumer passes.
    package static let passesStrangers: UInt16 = 2
    /// `redirect`: the request's query goes along.
    package static let keepsQuery: UInt16 = 1 << 15
    /// `keepAnswer`: the route asks an authorizer.
    package static let asksAuthorizer: UInt16 = 1
    /// `editResponseHeaders`: refusals are edited, too.
    package static let editsRefusals: UInt16 = 1
    /// `editResponseHeaders`: only of answers over TLS.
    package static let overTLSOnly: UInt16 = 2
}
