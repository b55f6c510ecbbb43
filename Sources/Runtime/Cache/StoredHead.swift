internal import GatewayTable

/// The lines of a stored head, which was written here: the status line, then one line per field, the last of which is
/// the length of the body.
struct StoredLines {
    /// A line with its end; its name is empty if it is that of the status.
    struct Line {
        var text: Bytes
        var name: Bytes
        var value: Bytes
    }

    private var rest: Bytes
    private var isFirst = true

    init(_ head: Bytes) { rest = head }

    mutating func next() -> Line? {
        guard let end = rest.firstIndex(of: ASCII.lf), end > 1 else { return nil }
        let text = rest[0..<end + 1]
        rest = rest.from(end + 1)
        defer { isFirst = false }
        guard !isFirst, let colon = text.firstIndex(of: ASCII.colon) else {
            return Line(text: text, name: .empty, value: .empty)
        }
        return Line(text: text, name: text[0..<colon], value: text[colon + 1..<end - 1].trimmed)
    }

    /// The value of the first field with a name.
    static func value(_ name: StaticString, in head: Bytes) -> Bytes? {
        var lines = StoredLines(head)
        while let line = lines.next() {
            if line.name.isName(name) { return line.value }
        }
        return nil
    }
}

enum StoredHead {
    /// What becomes of a stored head when its upstream says that it has not changed.
    enum Merge {
        case merged
        /// It is chosen by other fields than before, or has become too large.
        case unfit
        /// The upstream speaks of another answer than the stored one.
        case other
    }

    /// The head of an answer as it is stored: what is carried along of it, and a length in a fixed number of digits,
    /// which is known in the end.
    ///
    /// - Returns: whether it fits.
    static func write(_ answer: borrowing AnswerHead, date: Bytes, to output: inout ByteWriter) -> Bool {
        output.append("HTTP/1.1 ")
        output.append(decimal: UInt64(answer.status))
        output.append(byte: ASCII.space)
        output.append(answer.reason)
        output.append("\r\n")
        for index in 0..<answer.table.count where !answer.table.fields[index].isDropped {
            let name = answer.table.name(index, in: answer.message)
            if answer.table.fields[index].kind == .contentLength || name.isName("age") { continue }
            output.append(answer.table.line(index, in: answer.message))
        }
        if !answer.hasDate { output.append(date) }
        appendLength(0, to: &output)
        return !output.isOverfull
    }

    /// The last line, and the end.
    private static func appendLength(_ count: Int, to output: inout ByteWriter) {
        output.append("Content-Length: ")
        var divisor = 1_000_000_000
        for _ in 0..<AnswerStore.lengthDigitCount {
            output.append(byte: UInt8(0x30 + count / divisor % 10))
            divisor /= 10
        }
        output.append("\r\n\r\n")
    }

    /// A stored head with what an answer says that it has not changed: fields of the latter take the place of those
    /// with the same names (RFC 9111 section 3.2), but not those of the content.
    ///
    /// - Parameter bodyCount: bytes of the stored body.
    static func merge(
        _ stored: Bytes,
        _ answer: borrowing AnswerHead,
        bodyCount: Int,
        date: Bytes,
        to output: inout ByteWriter
    ) -> Merge {
        let fields = FieldsView(answer.table, answer.message)
        if let told = fields.firstIndex(ofName: Bytes("etag")), let known = StoredLines.value("etag", in: stored),
            !fields.value(told).opaqueTag.equals(known.opaqueTag)
        {
            return .other
        }
        if let told = fields.firstIndex(ofName: Bytes("vary")) {
            guard let known = StoredLines.value("vary", in: stored), fields.value(told).equals(known) else {
                return .unfit
            }
        }
        var lines = StoredLines(stored)
        while let line = lines.next() {
            let isReplaced =
                line.name.isName("content-length") || line.name.isName("date")
                || (!line.name.isEmpty && !isKept(line.name) && answer.carries(line.name))
            if !isReplaced { output.append(line.text) }
        }
        for index in 0..<answer.table.count where !answer.table.fields[index].isDropped {
            let name = answer.table.name(index, in: answer.message)
            if !isKept(name), !name.isName("age") { output.append(answer.table.line(index, in: answer.message)) }
        }
        if !answer.hasDate { output.append(date) }
        appendLength(bodyCount, to: &output)
        return output.isOverfull ? .unfit : .merged
    }

    /// Whether a field stays what it was.
    private static func isKept(_ name: Bytes) -> Bool {
        name.isName("content-length") || name.isName("content-type") || name.isName("content-encoding")
            || name.isName("content-range") || name.isName("vary")
    }
}

extension AnswerHead {
    /// Whether there is a field of a name that is carried along.
    fileprivate borrowing func carries(_ name: Bytes) -> Bool {
        for index in 0..<table.count where !table.fields[index].isDropped {
            if table.name(index, in: message).equals(inAnyCase: name) { return true }
        }
        return false
    }
}
