internal import CZlib

/// A stream of gzip that is read as it comes.
package final class Gunzip {
    /// The stream has come to its end, and its check sum was right.
    package private(set) var isComplete = false
    private var stream = z_stream()

    package init() throws {
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else { throw WireError("no inflate") }
    }

    deinit { inflateEnd(&stream) }

    /// What the next bytes hold.
    package func read(_ bytes: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        var input = bytes
        var output = [UInt8](repeating: 0, count: 65_536)
        try input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            repeat {
                guard !isComplete || stream.avail_in == 0 else { throw WireError("bytes behind the end of gzip") }
                let code = output.withUnsafeMutableBufferPointer { output in
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                    throw WireError("no gzip: \(code)")
                }
                result += output[..<(output.count - Int(stream.avail_out))]
                isComplete = code == Z_STREAM_END
            } while stream.avail_in > 0 || stream.avail_out == 0
            stream.next_in = nil
        }
        return result
    }

    /// The whole of a body.
    package static func text(_ body: [UInt8]) throws -> String {
        let stream = try Gunzip()
        let bytes = try stream.read(body)
        guard stream.isComplete else { throw WireError("gzip is cut after \(body.count) bytes") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
