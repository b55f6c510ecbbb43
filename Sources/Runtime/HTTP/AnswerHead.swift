/// The head of an upstream's answer, parsed as strictly as a request's (RFC 9112 section 4). One value per worker.
struct AnswerHead: ~Copyable {
    enum Outcome {
        case complete
        case incomplete
        case refused
    }

    var table = HeaderTable()
    private(set) var message = Bytes.empty
    private(set) var status: UInt16 = 0
    /// Behind the status code and its blank; may be empty.
    private(set) var reason = Bytes.empty
    /// The whole status line with its line end, if it is one of HTTP/1.1; else empty.
    private(set) var statusLine = Bytes.empty
    private(set) var framing = BodyFraming.none
    private(set) var contentLength: UInt64 = 0
    /// The answer says `Content-Length`, even where it has no body (HEAD, 304).
    private(set) var statesLength = false
    /// The field that says so is carried along.
    private(set) var carriesLength = false
    /// The connection can serve another request after this answer.
    private(set) var keepsAlive = true
    private var options = ConnectionOptions()
    private(set) var hasDate = false
    private var isOld = false
    /// The first `Upgrade` field, or -1. It is carried along by whoever knows what it means.
    private(set) var upgradeField = -1
    private var trailerField = -1
    private(set) var fault = HeadFault.none

    /// - Parameters:
    ///   - input: from the status line's first byte to the last byte received.
    ///   - isToHead: the answer is one to a HEAD request and has no body, whatever its fields say.
    mutating func parse(_ input: Bytes, isToHead: Bool) -> Outcome {
        (framing, contentLength, statesLength, keepsAlive) = (.none, 0, false, true)
        (options, hasDate, carriesLength, fault) = (ConnectionOptions(), false, false, .none)
        (upgradeField, trailerField) = (-1, -1)
        let lineEnd = parseStatusLine(input)
        guard lineEnd > 0 else { return stop(lineEnd, input) }
        let end = table.parse(input, from: lineEnd, countMax: Limits.fieldCountMax, fault: &fault)
        guard end > 0 else { return stop(end, input) }
        message = input[0..<end]
        return interpretFields(isToHead: isToHead) ? .complete : .refused
    }

    /// The body will be another one, whose length nobody knows yet.
    mutating func forgetLength() {
        table.drop(name: Bytes("content-length"), in: message)
        (statesLength, carriesLength, contentLength) = (false, false, 0)
        if framing == .length { framing = .chunked }
    }

    private mutating func stop(_ result: Int, _ input: Bytes) -> Outcome {
        if result < 0 { return .refused }
        guard input.count < Limits.answerHeadBytesMax else {
            fault = .tooLarge
            return .refused
        }
        return .incomplete
    }

    /// `HTTP-version SP status-code SP [reason] CRLF`.
    private mutating func parseStatusLine(_ input: Bytes) -> Int {
        let prefix = Bytes("HTTP/1.")
        guard input.count >= 15 else {
            let known = min(input.count, prefix.count)
            guard input[0..<known].equals(prefix[0..<known]) else {
                fault = .version
                return -1
            }
            // A status line without a reason has 15 bytes with its line end, or 14 without the last blank.
            guard input.count == 14, input[12] == ASCII.cr else { return 0 }
            return finishStatusLine(input)
        }
        return finishStatusLine(input)
    }

    private mutating func finishStatusLine(_ input: Bytes) -> Int {
        guard input.hasPrefix(Bytes("HTTP/1.")), ASCII.isDigit(input[7]), input[8] == ASCII.space,
            input[9] &- 0x31 < 5, ASCII.isDigit(input[10]), ASCII.isDigit(input[11]),
            input[12] == ASCII.space || input[12] == ASCII.cr
        else {
            fault = .status
            return -1
        }
        status = 100 * UInt16(input[9] - 0x30) + 10 * UInt16(input[10] - 0x30) + UInt16(input[11] - 0x30)
        isOld = input[7] == 0x30
        keepsAlive = !isOld
        let reasonStart = input[12] == ASCII.space ? 13 : 12
        let end = input.endOfValue(from: reasonStart)
        guard end + 1 < input.count else { return 0 }
        guard input[end] == ASCII.cr, input[end + 1] == ASCII.lf else {
            fault = .lineEnd
            return -1
        }
        reason = input[reasonStart..<end]
        statusLine = keepsAlive && reasonStart == 13 ? input[0..<end + 2] : .empty
        return end + 2
    }

    private mutating func fail(_ what: HeadFault) -> Bool {
        fault = what
        return false
    }

    private mutating func interpretFields(isToHead: Bool) -> Bool {
        var length = -1
        var isChunked = false
        for index in 0..<table.count {
            switch table.fields[index].kind {
            case .contentLength:
                guard length < 0 else { return fail(.contentLength) }
                length = index
            case .transferEncoding:
                guard !isChunked else { return fail(.transferEncoding) }
                guard table.value(index, in: message).equalsIgnoringCase("chunked") else {
                    return fail(.transferEncodingUnsupported)
                }
                isChunked = true
            case .connection:
                options.take(table.value(index, in: message), of: table, in: message, keepsAlive: &keepsAlive)
            case .date:
                hasDate = true
                continue
            case .upgrade: if upgradeField < 0 { upgradeField = index }
            case .trailer: if trailerField < 0 { trailerField = index }
            case .keepAlive, .proxyConnection, .proxyAuthenticate, .te: break
            default: continue
            }
            table.fields[index].isDropped = true
        }
        return takeFraming(length: length, isChunked: isChunked, isToHead: isToHead)
    }

    /// RFC 9112 section 6.3; both framings at once are a sign of smuggling and refused, and so is a transfer coding in
    /// HTTP/1.0, which has none (section 6.1).
    private mutating func takeFraming(length: Int, isChunked: Bool, isToHead: Bool) -> Bool {
        guard !isChunked || (length < 0 && !isOld) else { return fail(.framing) }
        if length >= 0 {
            guard let value = table.value(length, in: message).decimal else { return fail(.contentLength) }
            contentLength = value
            // These have no body and may not say that they had one (RFC 9110 section 8.6).
            if status < 200 || status == 204 { return true }
            statesLength = true
            // Carried along as it stands where it is the shortest form, and said anew otherwise.
            let digits = table.value(length, in: message)
            carriesLength = digits.count == 1 || digits[0] != 0x30
            if carriesLength { table.fields[length].isDropped = false }
        }
        if isToHead || status < 200 || status == 204 || status == 304 { return true }
        if isChunked {
            framing = .chunked
            // Which trailers will come is of use where they can go on.
            if trailerField >= 0 { table.fields[trailerField].isDropped = false }
        } else if length >= 0 {
            framing = .length
        } else {
            framing = .untilClose
            keepsAlive = false
        }
        return true
    }

}
