/// Bounds on a request's head that a spec sets.
struct RequestHeadBounds {
    var headBytesMax: Int
    var fieldCountMax: Int
}

/// The head of a request, parsed (RFC 9112). One value per worker, filled anew for each request; it points into the
/// bytes it was parsed from and is valid until they move.
struct RequestHead: ~Copyable {
    enum Outcome {
        case complete
        case incomplete
        /// See `fault`.
        case refused
    }

    var table = HeaderTable()
    /// The head, from the request line's first byte to the empty line.
    private(set) var message = Bytes.empty
    private(set) var method = Bytes.empty
    /// As sent, without query; `/` for an absolute target without one.
    private(set) var path = Bytes.empty
    /// With its `?`; empty if there is none.
    private(set) var query = Bytes.empty
    /// `Host`, or the authority of an absolute target; empty if an HTTP/1.0 request has neither.
    private(set) var authority = Bytes.empty
    private(set) var authorityHostCount = 0
    private(set) var minorVersion: UInt8 = 1
    private(set) var framing = BodyFraming.none
    private(set) var contentLength: UInt64 = 0
    private(set) var keepsAlive = true
    private var options = ConnectionOptions()
    private(set) var expectsContinue = false
    private(set) var hasUnknownExpectation = false
    /// The protocols that the request asks to change to, as in `Upgrade`; empty if it does not ask.
    private(set) var upgrade = Bytes.empty
    /// Where they stand, from the head's first byte.
    private(set) var upgradeStart: UInt16 = 0
    /// The client says that it takes trailers (RFC 9110 section 10.1.4).
    private(set) var takesTrailers = false
    private var saysTrailers = false
    private var trailerField = -1
    private(set) var fault = HeadFault.none

    /// - Parameters:
    ///   - input: from where the request begins to the last byte received.
    /// - Returns: whether a whole head stands there; its byte count is `message.count`.
    mutating func parse(_ input: Bytes, _ bounds: RequestHeadBounds) -> Outcome {
        reset()
        let lineEnd = parseRequestLine(input)
        guard lineEnd > 0 else { return stop(lineEnd, input, bounds, isInLine: true) }
        guard lineEnd <= bounds.headBytesMax else { return refuse(.targetTooLong) }
        let end = table.parse(input, from: lineEnd, countMax: bounds.fieldCountMax, fault: &fault)
        guard end > 0 else { return stop(end, input, bounds, isInLine: false) }
        guard end <= bounds.headBytesMax else { return refuse(.tooLarge) }
        message = input[0..<end]
        return interpretFields() ? .complete : .refused
    }

    /// The head came on a stream of HTTP/2: the stream is for one request, and its end is that of the body.
    ///
    /// - Parameter hasEnded: neither body nor trailers follow.
    mutating func takeStream(hasEnded: Bool) {
        (keepsAlive, takesTrailers) = (false, saysTrailers)
        if framing == .none, !hasEnded { framing = .untilClose }
        carryTrailerField()
    }

    /// Which trailers will come is of use where they can go on.
    private func carryTrailerField() {
        guard trailerField >= 0, framing == .chunked || framing == .untilClose else { return }
        table.fields[trailerField].isDropped = false
    }

    /// Makes the head that of no request.
    mutating func forget() {
        reset()
        table.forget()
        (message, method, path) = (.empty, .empty, .empty)
    }

    private mutating func reset() {
        (authority, query, authorityHostCount) = (.empty, .empty, 0)
        (framing, contentLength, keepsAlive, expectsContinue) = (.none, 0, true, false)
        (options, hasUnknownExpectation, upgrade, fault) = (ConnectionOptions(), false, .empty, .none)
        (takesTrailers, saysTrailers, trailerField) = (false, false, -1)
    }

    private mutating func refuse(_ what: HeadFault) -> Outcome {
        fault = what
        return .refused
    }

    private mutating func stop(_ result: Int, _ input: Bytes, _ bounds: RequestHeadBounds, isInLine: Bool) -> Outcome {
        if result < 0 { return .refused }
        if isInLine, input.count > Limits.targetBytesMax + Limits.methodBytesMax + 16 { return refuse(.targetTooLong) }
        return input.count >= bounds.headBytesMax ? refuse(isInLine ? .targetTooLong : .tooLarge) : .incomplete
    }

    private mutating func negative(_ what: HeadFault) -> Int {
        fault = what
        return -1
    }

    /// `method SP request-target SP HTTP-version CRLF` (RFC 9112 section 3).
    ///
    /// - Returns: the offset behind the line; 0 if it is not complete; negative on a fault.
    private mutating func parseRequestLine(_ input: Bytes) -> Int {
        let end = input.count
        var offset = input.endOfToken(from: 0)
        guard offset <= Limits.methodBytesMax else { return negative(.method) }
        guard offset < end else { return 0 }
        guard offset > 0, input[offset] == ASCII.space else { return negative(.method) }
        method = input[0..<offset]
        let targetStart = offset + 1
        offset = targetStart
        while offset < end, input[offset] > ASCII.space, input[offset] != 0x7F { offset += 1 }
        guard offset - targetStart <= Limits.targetBytesMax else { return negative(.targetTooLong) }
        guard offset < end else { return 0 }
        guard input[offset] == ASCII.space, offset > targetStart else { return negative(.target) }
        guard takeTarget(input[targetStart..<offset]) else { return -1 }
        return parseVersion(input, from: offset + 1)
    }

    private mutating func parseVersion(_ input: Bytes, from start: Int) -> Int {
        let prefix = Bytes("HTTP/")
        let available = input.from(start)
        guard available.count >= 10 else {
            let known = min(available.count, prefix.count)
            return available[0..<known].equals(prefix[0..<known]) ? 0 : negative(.version)
        }
        guard available.hasPrefix(prefix), ASCII.isDigit(available[5]), available[6] == ASCII.dot,
            ASCII.isDigit(available[7])
        else { return negative(.version) }
        guard available[8] == ASCII.cr, available[9] == ASCII.lf else {
            return negative(available[8] == ASCII.lf ? .lineEnd : .version)
        }
        guard available[5] == 0x31 else { return negative(.versionUnsupported) }
        minorVersion = available[7] == 0x30 ? 0 : 1
        return start + 10
    }

    /// Origin form and absolute form (RFC 9112 section 3.2); `*` is taken as a path that no route has.
    private mutating func takeTarget(_ target: Bytes) -> Bool {
        var rest = target
        if target[0] != ASCII.slash {
            if method.equals(Bytes("CONNECT")) { return fail(.method) }
            if target.equals(Bytes("*")) {
                guard method.equals(Bytes("OPTIONS")) else { return fail(.target) }
                path = target
                return true
            }
            guard let after = afterScheme(target) else { return fail(.target) }
            var end = after
            while end < target.count, target[end] != ASCII.slash, target[end] != 0x3F { end += 1 }
            authority = target[after..<end]
            rest = target.from(end)
        }
        guard rest.firstIndex(of: 0x23) == nil else { return fail(.target) }
        if let mark = rest.firstIndex(of: 0x3F) {
            path = rest[0..<mark]
            query = rest.from(mark)
        } else {
            path = rest
        }
        if path.isEmpty { path = Bytes("/") }
        return true
    }

    private func afterScheme(_ target: Bytes) -> Int? {
        if target.count > 7, target[0..<7].equalsIgnoringCase(Bytes("http://")) { return 7 }
        if target.count > 8, target[0..<8].equalsIgnoringCase(Bytes("https://")) { return 8 }
        return nil
    }

    private mutating func fail(_ what: HeadFault) -> Bool {
        fault = what
        return false
    }

    /// What the fields say of framing, host and connection; marks what is not carried along.
    private mutating func interpretFields() -> Bool {
        var host = -1
        var transferCoding = -1
        var length = -1
        var upgradeField = -1
        if minorVersion == 0 { keepsAlive = false }
        for index in 0..<table.count {
            switch table.fields[index].kind {
            case .other, .forwarded, .forwardedFor, .forwardedHost, .forwardedProto, .forwardedOther, .date,
                .deprecation, .sunset, .link, .vary, .rateLimit:
                continue
            case .host:
                guard host < 0 else { return fail(.host) }
                host = index
            case .contentLength:
                guard length < 0 else { return fail(.contentLength) }
                length = index
            case .transferEncoding:
                guard transferCoding < 0 else { return fail(.transferEncoding) }
                transferCoding = index
            case .connection:
                options.take(table.value(index, in: message), of: table, in: message, keepsAlive: &keepsAlive)
            case .expect: takeExpectation(table.value(index, in: message))
            case .upgrade: if upgradeField < 0 { upgradeField = index }
            case .te: takeCodings(table.value(index, in: message))
            case .trailer: if trailerField < 0 { trailerField = index }
            case .keepAlive, .proxyConnection, .proxyAuthorization, .proxyAuthenticate, .http2Settings, .consumer:
                break
            }
            table.fields[index].isDropped = true
        }
        guard takeHost(host), takeFraming(length: length, transferCoding: transferCoding) else { return false }
        if upgradeField >= 0, options.namesUpgrade { takeUpgrade(upgradeField) }
        takesTrailers = saysTrailers && options.namesCodings
        carryTrailerField()
        return true
    }

    private mutating func takeHost(_ index: Int) -> Bool {
        guard index >= 0 else {
            // HTTP/1.1 asks for Host even beside an absolute target (RFC 9112 section 3.2).
            guard minorVersion == 0 else { return fail(.host) }
            guard !authority.isEmpty else { return true }
            return takeAuthority(authority)
        }
        let host = table.value(index, in: message)
        if !authority.isEmpty {
            guard host.equals(inAnyCase: authority) else { return fail(.host) }
        }
        return takeAuthority(host)
    }

    private mutating func takeAuthority(_ value: Bytes) -> Bool {
        guard let count = Authority.hostCount(of: value) else { return fail(.host) }
        (authority, authorityHostCount) = (value, count)
        return true
    }

    private mutating func takeFraming(length: Int, transferCoding: Int) -> Bool {
        if transferCoding >= 0 {
            guard length < 0, minorVersion == 1 else { return fail(.framing) }
            let coding = table.value(transferCoding, in: message)
            guard coding.equalsIgnoringCase("chunked") else {
                return fail(
                    coding.firstIndex(of: ASCII.comma) == nil ? .transferEncodingUnsupported : .transferEncoding
                )
            }
            framing = .chunked
        } else if length >= 0 {
            guard let value = table.value(length, in: message).decimal else { return fail(.contentLength) }
            (framing, contentLength) = (.length, value)
        }
        return true
    }

    private mutating func takeExpectation(_ value: Bytes) {
        if value.equalsIgnoringCase("100-continue") {
            // An HTTP/1.0 client cannot be told to go on (RFC 9110 section 10.1.1).
            expectsContinue = minorVersion == 1
        } else {
            hasUnknownExpectation = true
        }
    }

    private mutating func takeCodings(_ value: Bytes) {
        var codings = ListElements(value)
        while let coding = codings.next() {
            if coding.isName("trailers") { saysTrailers = true }
        }
    }

    /// `Upgrade` counts beside `Connection: upgrade`, for a GET without a body and not in HTTP/1.0; in any other
    /// request it is ignored, as a server may (RFC 9110 section 7.8).
    private mutating func takeUpgrade(_ index: Int) {
        let value = table.value(index, in: message)
        let isFit = minorVersion == 1 && method.equals(Bytes("GET")) && framing == .none
        guard isFit, UpgradeProtocols.holdsAny(value) else { return }
        upgrade = value
        upgradeStart = table.fields[index].valueStart
    }
}

/// The elements of a comma-separated field value (RFC 9110 section 5.6.1), without blanks around them and without empty
/// ones. For lists of tokens: quoted strings are not looked into.
struct ListElements {
    private let value: Bytes
    private var offset = 0

    init(_ value: Bytes) { self.value = value }

    mutating func next() -> Bytes? {
        while offset < value.count {
            let end = value.firstIndex(of: ASCII.comma, from: offset) ?? value.count
            let element = value[offset..<end].trimmed
            offset = end + 1
            if !element.isEmpty { return element }
        }
        return nil
    }
}

extension HeaderTable {
    /// Marks all fields of a name in any case as not to be carried along.
    func dropIgnoringCase(name: Bytes, in message: Bytes) {
        for index in 0..<count where Int(fields[index].nameCount) == name.count {
            if self.name(index, in: message).equals(inAnyCase: name) { fields[index].isDropped = true }
        }
    }
}
