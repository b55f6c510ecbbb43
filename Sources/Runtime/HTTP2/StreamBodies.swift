// What came on streams and was not read on.

extension SessionStore {
    /// Keeps a piece of a stream's body until it is read on.
    ///
    /// - Precondition: there is room for it.
    func keep(_ bytes: Bytes, of socket: Int32) {
        let block: Block
        if let known = self[socket].stored {
            block = known
        } else {
            block = blocks.take()
            self[socket].stored = block
        }
        let start = (Int(self[socket].storedStart) + Int(self[socket].storedCount)) % Limits.blockBytes
        let ofEnd = min(bytes.count, Limits.blockBytes - start)
        block.copy(bytes[0..<ofEnd], to: start)
        block.copy(bytes.from(ofEnd), to: 0)
        self[socket].storedCount += Int32(bytes.count)
    }

    /// Moves what was kept of a stream's body behind `end` of a block.
    ///
    /// - Returns: bytes moved.
    func takeKept(of socket: Int32, into block: Block, from end: Int) -> Int {
        guard let stored = self[socket].stored else { return 0 }
        let count = min(Int(self[socket].storedCount), Limits.blockBytes - end)
        let start = Int(self[socket].storedStart)
        let ofEnd = min(count, Limits.blockBytes - start)
        block.copy(stored.bytes(start, start + ofEnd), to: end)
        block.copy(stored.bytes(0, count - ofEnd), to: end + ofEnd)
        self[socket].storedStart = Int32((start + count) % Limits.blockBytes)
        self[socket].storedCount -= Int32(count)
        if self[socket].storedCount == 0 {
            blocks.give(stored)
            self[socket].stored = nil
            self[socket].storedStart = 0
        }
        return count
    }

    /// Keeps the head of an answer until it is read on.
    ///
    /// - Returns: whether there is room for it.
    func keepHead(_ text: Bytes, of socket: Int32) -> Bool {
        let block: Block
        if let known = self[socket].heads {
            block = known
        } else {
            block = blocks.take()
            self[socket].heads = block
        }
        var writer = ByteWriter(block, count: Int(self[socket].headsCount), capacity: Limits.answerHeadBytesMax)
        writer.append(text)
        self[socket].headsCount = Int32(writer.count)
        return !writer.isOverfull
    }

    /// Moves the heads that were kept behind `end` of a block.
    ///
    /// - Returns: bytes moved; 0 if there is no room.
    func takeHeads(of socket: Int32, into block: Block, from end: Int) -> Int {
        guard let heads = self[socket].heads else { return 0 }
        let count = Int(self[socket].headsCount)
        guard end + count <= Limits.blockBytes else { return 0 }
        block.copy(heads.bytes(0, count), to: end)
        blocks.give(heads)
        self[socket].heads = nil
        self[socket].headsCount = 0
        return count
    }
}
