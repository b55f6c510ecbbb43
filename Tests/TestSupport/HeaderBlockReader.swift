internal import CNGHTTP2

/// Reads the header blocks of one direction of a connection (RFC 7541), all of them and in order.
final class HeaderBlockReader {
    private var inflater: OpaquePointer?

    init() { nghttp2_hd_inflate_new(&inflater) }

    deinit { nghttp2_hd_inflate_del(inflater) }

    /// The fields of a whole block; none from where it is wrong.
    func read(_ block: [UInt8]) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var offset = 0
        block.withUnsafeBufferPointer { bytes in
            while true {
                var field = nghttp2_nv()
                var flags: Int32 = 0
                let rest = bytes.baseAddress.map { $0 + offset }
                let count = nghttp2_hd_inflate_hd2(inflater, &field, &flags, rest, bytes.count - offset, 1)
                guard count >= 0 else { break }
                offset += count
                if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                    let name = UnsafeBufferPointer(start: field.name, count: field.namelen)
                    let value = UnsafeBufferPointer(start: field.value, count: field.valuelen)
                    fields.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
                }
                if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 || (count == 0 && offset == bytes.count) {
                    break
                }
            }
        }
        nghttp2_hd_inflate_end_headers(inflater)
        return fields
    }
}
