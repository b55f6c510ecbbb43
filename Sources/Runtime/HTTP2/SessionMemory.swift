internal import CNGHTTP2
internal import Glibc

/// The memory of a worker's HTTP/2 sessions: pieces of a few sizes, kept for reuse when nghttp2 frees them, so that a
/// stream costs no call of the system's allocator in steady state.
///
/// Unsafe operations hold because every piece has a header with its class in front, which only these functions write,
/// and because one thread uses them.
@safe
struct SessionMemory: BitwiseCopyable {
    /// Piece sizes are powers of two, header included: 64 bytes to 64 KiB.
    private static let smallestShift = 6
    private static let classCount = 11
    private static let headerBytes = 16
    /// The class of pieces that are larger, which go back to the system at once.
    private static let unpooled = classCount

    @safe
    private struct State {
        var spare: InlineArray<11, UnsafeMutableRawPointer?> = unsafe InlineArray(repeating: nil)
        var spareBytes = 0
    }

    private let state: UnsafeMutableRawPointer

    init() {
        let memory = UnsafeMutablePointer<State>.allocate(capacity: 1)
        unsafe memory.initialize(to: State())
        unsafe state = UnsafeMutableRawPointer(memory)
    }

    /// The allocator as nghttp2 takes it.
    var functions: nghttp2_mem {
        unsafe nghttp2_mem(
            mem_user_data: state,
            malloc: { unsafe SessionMemory.allocate($0, $1) },
            free: { unsafe SessionMemory.release($0, $1) },
            calloc: { unsafe SessionMemory.allocateZeroed($0, $1, $2) },
            realloc: { unsafe SessionMemory.resize($0, $1, $2) }
        )
    }

    /// Gives everything back to the system.
    ///
    /// - Precondition: no piece is in use.
    func deallocate() {
        let owner = unsafe state.assumingMemoryBound(to: State.self)
        for sizeClass in 0..<SessionMemory.classCount {
            while let piece = unsafe owner.pointee.spare[sizeClass] {
                unsafe owner.pointee.spare[sizeClass] = piece.load(
                    fromByteOffset: SessionMemory.headerBytes,
                    as: UnsafeMutableRawPointer?.self
                )
                unsafe free(piece)
            }
        }
        unsafe owner.deallocate()
    }

    private static func classOf(_ byteCount: Int) -> Int {
        let whole = max(byteCount + headerBytes, 1 << smallestShift)
        let shift = Int.bitWidth - (whole - 1).leadingZeroBitCount
        return min(shift - smallestShift, unpooled)
    }

    private static func allocate(_ byteCount: Int, _ owner: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let owner = unsafe owner?.assumingMemoryBound(to: State.self) else { return nil }
        let sizeClass = classOf(byteCount)
        let piece: UnsafeMutableRawPointer
        if sizeClass < unpooled, let spare = unsafe owner.pointee.spare[sizeClass] {
            unsafe owner.pointee.spare[sizeClass] = spare.load(
                fromByteOffset: headerBytes,
                as: UnsafeMutableRawPointer?.self
            )
            unsafe owner.pointee.spareBytes -= 1 << (sizeClass + smallestShift)
            unsafe piece = spare
        } else {
            let size = sizeClass < unpooled ? 1 << (sizeClass + smallestShift) : byteCount + headerBytes
            guard let fresh = unsafe malloc(size) else { return nil }
            unsafe fresh.storeBytes(of: sizeClass, as: Int.self)
            unsafe piece = fresh
        }
        return unsafe piece + headerBytes
    }

    private static func allocateZeroed(
        _ count: Int,
        _ size: Int,
        _ owner: UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer? {
        let (byteCount, isOver) = count.multipliedReportingOverflow(by: size)
        guard !isOver, let bytes = unsafe allocate(byteCount, owner) else { return nil }
        unsafe memset(bytes, 0, byteCount)
        return unsafe bytes
    }

    private static func release(_ bytes: UnsafeMutableRawPointer?, _ owner: UnsafeMutableRawPointer?) {
        guard let bytes = unsafe bytes, let owner = unsafe owner?.assumingMemoryBound(to: State.self) else { return }
        let piece = unsafe bytes - headerBytes
        let sizeClass = unsafe piece.load(as: Int.self)
        let size = sizeClass < unpooled ? 1 << (sizeClass + smallestShift) : 0
        guard sizeClass < unpooled, unsafe owner.pointee.spareBytes + size <= Limits.sessionMemoryBytesMax else {
            unsafe free(piece)
            return
        }
        unsafe piece.storeBytes(
            of: owner.pointee.spare[sizeClass],
            toByteOffset: headerBytes,
            as: UnsafeMutableRawPointer?.self
        )
        unsafe owner.pointee.spare[sizeClass] = piece
        unsafe owner.pointee.spareBytes += size
    }

    private static func resize(
        _ bytes: UnsafeMutableRawPointer?,
        _ byteCount: Int,
        _ owner: UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer? {
        guard let bytes = unsafe bytes else { return unsafe allocate(byteCount, owner) }
        let piece = unsafe bytes - headerBytes
        let sizeClass = unsafe piece.load(as: Int.self)
        if sizeClass == unpooled {
            // Large pieces stay large; the system moves them.
            let size = max(byteCount + headerBytes, 1 << (classCount + smallestShift))
            guard let moved = unsafe realloc(piece, size) else { return nil }
            return unsafe moved + headerBytes
        }
        let room = 1 << (sizeClass + smallestShift) - headerBytes
        if byteCount <= room { return unsafe bytes }
        guard let fresh = unsafe allocate(byteCount, owner) else { return nil }
        unsafe memcpy(fresh, bytes, room)
        unsafe release(bytes, owner)
        return unsafe fresh
    }
}
