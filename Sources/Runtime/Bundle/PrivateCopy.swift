internal import CPlatform
internal import Glibc

/// A file's content in private memory that nobody can write to, this process included.
///
/// Unsafe operations hold because the mapping has room for `byteCount` bytes behind `start`, and because it is not used
/// once it is unmapped.
@safe
struct PrivateCopy: @unchecked Sendable {
    private static let hugePageByteCount = 2 << 20

    private let mapping: UnsafeMutableRawPointer
    private let mappedByteCount: Int
    private let start: UnsafeMutableRawPointer
    private let byteCount: Int

    /// Reads a file to its end.
    ///
    /// - Parameters:
    ///   - file: a regular one, open for reading.
    ///   - byteCount: as long as the file said it was.
    ///   - path: for errors.
    init(of file: Int32, byteCount: Int, path: String) throws(LoadError) {
        let huge = PrivateCopy.hugePageByteCount
        // Huge pages lie at multiples of their size.
        mappedByteCount = byteCount < huge ? byteCount : byteCount + huge
        let flags = MAP_PRIVATE | apic_map_anonymous | apic_map_noreserve
        let mapping = unsafe mmap(nil, mappedByteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else { throw .noMemory(code: errno) }
        unsafe self.mapping = mapping
        self.byteCount = byteCount
        if byteCount < huge {
            unsafe start = mapping
        } else {
            unsafe start = mapping.alignedUp(toMultipleOf: huge)
            // What is no whole huge page at the end stays in small ones, so that no memory is wasted. The system may
            // have no huge pages: then all are small.
            unsafe madvise(start, byteCount / huge * huge, apic_advice_huge_pages)
        }
        do throws(LoadError) {
            try fill(from: file, path: path)
            guard unsafe mprotect(mapping, mappedByteCount, PROT_READ) == 0 else { throw .noMemory(code: errno) }
        } catch {
            unmap()
            throw error
        }
    }

    /// Two threads read what is long: half of the time goes into the pages that the kernel clears first.
    private func fill(from file: Int32, path: String) throws(LoadError) {
        let huge = PrivateCopy.hugePageByteCount
        let codes: [Int32]
        if byteCount < 2 * huge {
            codes = [read(file, 0..<byteCount)]
        } else {
            let middle = byteCount / 2 / huge * huge
            let (first, second) = Thread.runBoth {
                read(file, 0..<middle)
            } _: {
                read(file, middle..<byteCount)
            }
            codes = [first, second]
        }
        for code in codes where code != 0 {
            throw code == ENODATA ? .changedWhileRead(path: path) : .cannotRead(path: path, code: code)
        }
        var rest: UInt8 = 0
        guard unsafe pread(file, &rest, 1, byteCount) == 0 else { throw .changedWhileRead(path: path) }
    }

    /// - Returns: 0, or an error code; `ENODATA` if the file has become shorter.
    private func read(_ file: Int32, _ range: Range<Int>) -> Int32 {
        var filled = range.lowerBound
        while filled < range.upperBound {
            let count = unsafe pread(file, start + filled, range.upperBound - filled, filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return errno }
            guard count > 0 else { return ENODATA }
            filled += count
        }
        return 0
    }

    var bytes: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: byteCount)
    }

    /// - Precondition: nobody uses the bytes any more.
    func unmap() {
        unsafe munmap(mapping, mappedByteCount)
    }
}
