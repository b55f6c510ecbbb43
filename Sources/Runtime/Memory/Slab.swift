internal import Glibc

/// A fixed array of plain records outside Swift's heap of objects, addressed by index: no retain, no exclusivity check,
/// no copy when one field is written.
///
/// One owner frees it. Unsafe operations hold because every index comes from the owner's own bookkeeping and is
/// asserted to be in range.
@safe
struct Slab<Element: BitwiseCopyable>: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Element>
    let capacity: Int
    /// Of a mapping of its own; 0 if the memory is the heap's.
    private let mappedByteCount: Int

    init(capacity: Int, repeating initial: Element) {
        unsafe base = .allocate(capacity: capacity)
        unsafe base.initialize(repeating: initial, count: capacity)
        self.capacity = capacity
        mappedByteCount = 0
    }

    /// Memory that the kernel fills with zeros when it is first touched: a large slab costs only what is used. The heap
    /// promises no such thing: `calloc` takes memory of a thread's arena and writes the zeros itself.
    ///
    /// - Precondition: all zeros is a value of `Element`.
    init(zeroed capacity: Int) {
        mappedByteCount = max(capacity * MemoryLayout<Element>.stride, 1)
        let memory = unsafe mmap(nil, mappedByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
            preconditionFailure("out of memory for \(capacity) records")
        }
        unsafe base = memory.bindMemory(to: Element.self, capacity: capacity)
        self.capacity = capacity
    }

    func deallocate() {
        if mappedByteCount > 0 { unsafe _ = munmap(base, mappedByteCount) } else { unsafe base.deallocate() }
    }

    /// Where a record stays as long as the slab lives.
    @inline(__always)
    func address(_ index: Int32) -> UnsafeMutablePointer<Element> {
        assert(index >= 0 && Int(index) < capacity)
        return unsafe base + Int(index)
    }

    /// Bytes inside one record, which stay where they are as long as the slab lives.
    ///
    /// - Parameters:
    ///   - offset: of the first byte in the record.
    ///   - count: bytes, all within the record.
    @inline(__always)
    func bytes(_ index: Int32, offset: Int, count: Int) -> Bytes {
        assert(Int(index) < capacity && offset + count <= MemoryLayout<Element>.size)
        return unsafe Bytes(
            UnsafeRawPointer(base + Int(index)).assumingMemoryBound(to: UInt8.self) + offset,
            count: count
        )
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        unsafeAddress {
            assert(index >= 0 && index < capacity)
            return unsafe UnsafePointer(base + index)
        }
        nonmutating unsafeMutableAddress {
            assert(index >= 0 && index < capacity)
            return unsafe base + index
        }
    }

    @inline(__always)
    subscript(index: Int32) -> Element {
        unsafeAddress {
            assert(index >= 0 && Int(index) < capacity)
            return unsafe UnsafePointer(base + Int(index))
        }
        nonmutating unsafeMutableAddress {
            assert(index >= 0 && Int(index) < capacity)
            return unsafe base + Int(index)
        }
    }
}
