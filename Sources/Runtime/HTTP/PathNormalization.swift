internal import CPlatform

/// The normal form of a request's path (RFC 3986 section 6.2.2), in this order: percent-escapes of unreserved bytes
/// decoded and hexadecimal digits in upper case, empty segments merged, dot segments removed.
///
/// `%2F` never becomes a separator. Refused are a path that leaves the root, a bad escape, escapes of control bytes and
/// of `\`, and those bytes themselves.
enum PathNormalization {
    /// Whether a path is in normal form as it stands, which nearly all are.
    @inline(__always)
    static func isNormal(_ path: Bytes) -> Bool {
        // The shim reads exactly `count` bytes.
        unsafe apic_is_plain_path(path.base, path.count) != 0
    }

    /// Writes the normal form.
    ///
    /// - Parameters:
    ///   - path: begins with `/`; without the query.
    ///   - output: room for as many bytes as the path has; the result stands at its beginning.
    /// - Returns: the byte count of the normal form, or `nil` if the path is refused.
    static func normalize(_ path: Bytes, into output: Block) -> Int? {
        guard let decoded = decode(path, into: output) else { return nil }
        return removeDotSegments(output, count: decoded)
    }

    /// Decodes what needs no escape, refuses what must not appear, merges slashes.
    private static func decode(_ path: Bytes, into output: Block) -> Int? {
        var count = 0
        var index = 0
        while index < path.count {
            var byte = path[index]
            if byte == 0x5C || ASCII.isControl(byte) { return nil }
            var isEscaped = false
            if byte == ASCII.percent {
                guard index + 2 < path.count, let high = ASCII.hexValue(path[index + 1]),
                    let low = ASCII.hexValue(path[index + 2])
                else { return nil }
                byte = high << 4 | low
                if ASCII.isControl(byte) || byte == 0x5C { return nil }
                isEscaped = !ASCII.isUnreserved(byte)
                index += 2
            }
            index += 1
            if isEscaped {
                output[count] = ASCII.percent
                output[count + 1] = upperHex(byte >> 4)
                output[count + 2] = upperHex(byte & 15)
                count += 3
            } else if byte != ASCII.slash || count == 0 || output[count - 1] != ASCII.slash {
                output[count] = byte
                count += 1
            }
        }
        return count
    }

    /// Removes `.` and `..` segments in place (RFC 3986 section 5.2.4); `nil` if a `..` leaves the root.
    private static func removeDotSegments(_ block: Block, count: Int) -> Int? {
        var read = 0
        var written = 0
        while read < count {
            // At a slash; the segment ends at the next one.
            var end = read + 1
            while end < count, block[end] != ASCII.slash { end += 1 }
            let isDot = end == read + 2 && block[read + 1] == ASCII.dot
            let isDotDot = end == read + 3 && block[read + 1] == ASCII.dot && block[read + 2] == ASCII.dot
            if isDot || isDotDot {
                if isDotDot {
                    guard written > 0 else { return nil }
                    repeat { written -= 1 } while block[written] != ASCII.slash
                }
                // A dot segment at the end leaves its slash.
                if end == count {
                    block[written] = ASCII.slash
                    written += 1
                }
            } else {
                block.move(from: read, to: written, count: end - read)
                written += end - read
            }
            read = end
        }
        return max(written, 1)
    }

    private static func upperHex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }
}
