internal import CCrypto

/// SHA-512 (FIPS 180-4).
package enum SHA512 {
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> [64 of UInt8] {
        var digest = InlineArray<64, UInt8>(repeating: 0)
        // The array has the 64 bytes that the call writes; an empty buffer is never read.
        unsafe withUnsafeMutableBytes(of: &digest) { output in
            let input = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            _ = unsafe CCrypto.SHA512(input, bytes.count, output.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        return digest
    }
}
