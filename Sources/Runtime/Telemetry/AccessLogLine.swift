package import GatewayTable

/// A field of a line: its bit in `GatewayRecord.accessLogFields`.
package enum AccessLogFieldBit: UInt32, CaseIterable, Sendable {
    case time
    case requestID
    case client
    case method
    case path
    case route
    case api
    case version
    case consumer
    case upstream
    case status
    case bytesIn
    case bytesOut
    case duration
    case upstreamDuration
    case refusedBy
    case reason
    case traceID
}

/// What is logged of one request: a line of JSON with the fields that the mask names, in their order; texts that are
/// empty are left out. Never the query, a credential or any header field.
///
/// Texts are lent for the time of the call.
package struct AccessLogLine {
    /// No upstream was asked.
    package static let noDuration: UInt64 = .max

    /// When the request began.
    package var epochMilliseconds: Int64 = 0
    package var requestID = TableBytes.none
    /// The peer's address, without its port.
    package var client = TableBytes.none
    package var method = TableBytes.none
    /// The normalised path, without the query.
    package var path = TableBytes.none
    /// The route's pattern.
    package var route = TableBytes.none
    package var api = TableBytes.none
    package var version = TableBytes.none
    package var consumer = TableBytes.none
    /// The target that answered, `host:port`.
    package var upstream = TableBytes.none
    /// 0 if the client went away before an answer.
    package var status: UInt32 = 0
    /// Bytes of the request's body.
    package var bytesIn: UInt64 = 0
    /// Bytes of the answer's body.
    package var bytesOut: UInt64 = 0
    package var durationMicroseconds: UInt64 = 0
    /// From the first connect to the last byte of the upstream's answer; `noDuration` leaves it out.
    package var upstreamDurationMicroseconds = noDuration
    /// The plugin or part of the gateway that refused the request.
    package var refusedBy = TableBytes.none
    package var reason = TableBytes.none
    /// Of the trace that the request is in.
    package var traceID = TableBytes.none

    package init() {}

    /// Longer texts are cut: a line has a bound whatever a client sends.
    private static let pathByteCountMax = 4096
    fileprivate static let textByteCountMax = 512
    /// Keys, quotes, commas and numbers of all fields together.
    private static let fixedByteCount = 640

    /// Writes the line to the ring, or counts it as dropped if that is full.
    ///
    /// - Parameter fields: bit per `AccessLogFieldBit`.
    package func append(to ring: AccessLogRing, fields: UInt32) {
        guard let room = unsafe ring.reserve(byteCountMax) else { return }
        var writer = unsafe LineWriter(room)
        write(to: &writer, fields: fields)
        ring.commit(writer.count)
    }

    /// What `write` writes at most.
    private var byteCountMax: Int {
        func bounded(_ text: TableBytes) -> Int { min(text.count, AccessLogLine.textByteCountMax) }
        let textByteCount =
            min(path.count, AccessLogLine.pathByteCountMax) + bounded(requestID) + bounded(client) + bounded(method)
            + bounded(route) + bounded(api) + bounded(version) + bounded(consumer) + bounded(upstream)
            + bounded(refusedBy) + bounded(reason) + bounded(traceID)
        return 6 * textByteCount + AccessLogLine.fixedByteCount
    }

    func write(to line: inout LineWriter, fields: UInt32) {
        func has(_ field: AccessLogFieldBit) -> Bool { fields & (1 << field.rawValue) != 0 }
        // Each field brings the comma before it; the first one's is the object's brace in the end.
        if has(.time) {
            line.put(",\"time\":\"")
            line.put(time: epochMilliseconds)
            line.put("\"")
        }
        if has(.requestID) { line.put(key: ",\"request_id\":", requestID) }
        if has(.client) { line.put(key: ",\"client\":", client) }
        if has(.method) { line.put(key: ",\"method\":", method) }
        if has(.path) { line.put(key: ",\"path\":", path, countMax: AccessLogLine.pathByteCountMax) }
        if has(.route) { line.put(key: ",\"route\":", route) }
        if has(.api) { line.put(key: ",\"api\":", api) }
        if has(.version) { line.put(key: ",\"version\":", version) }
        if has(.consumer) { line.put(key: ",\"consumer\":", consumer) }
        if has(.upstream) { line.put(key: ",\"upstream\":", upstream) }
        if has(.status) { line.put(key: ",\"status\":", UInt64(status)) }
        if has(.bytesIn) { line.put(key: ",\"bytes_in\":", bytesIn) }
        if has(.bytesOut) { line.put(key: ",\"bytes_out\":", bytesOut) }
        if has(.duration) { line.put(key: ",\"duration\":", seconds: durationMicroseconds) }
        if has(.upstreamDuration), upstreamDurationMicroseconds != AccessLogLine.noDuration {
            line.put(key: ",\"upstream_duration\":", seconds: upstreamDurationMicroseconds)
        }
        if has(.refusedBy) { line.put(key: ",\"refused_by\":", refusedBy) }
        if has(.reason) { line.put(key: ",\"reason\":", reason) }
        if has(.traceID) { line.put(key: ",\"trace_id\":", traceID) }
        if line.count == 0 { line.put(",") }
        line.replaceFirst(with: UInt8(ascii: "{"))
        line.put("}\n")
    }
}

extension LineWriter {
    fileprivate mutating func put(key: StaticString, _ text: TableBytes, countMax: Int = AccessLogLine.textByteCountMax)
    {
        guard text.count > 0 else { return }
        put(key)
        // Cutting only shortens what is lent.
        put(quoted: unsafe TableBytes(base: text.base, count: min(text.count, countMax)))
    }

    fileprivate mutating func put(key: StaticString, _ value: UInt64) {
        put(key)
        put(value)
    }

    fileprivate mutating func put(key: StaticString, seconds microseconds: UInt64) {
        put(key)
        put(seconds: microseconds)
    }
}

extension TableBytes {
    /// No bytes.
    package static var none: TableBytes { TableBytes("") }

    /// A literal's bytes, which live for ever.
    package init(_ literal: StaticString) {
        unsafe self.init(base: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }
}
