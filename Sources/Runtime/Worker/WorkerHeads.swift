// Heads that come in pieces, from either side.

extension Worker {
    /// Whether a head, or more of it, may be whole now. One that was incomplete is parsed again only when an empty line
    /// came, or when it is too long: a peer that drips bytes must not make the gateway read them over and over.
    mutating func isWorthParsing(_ descriptor: Int32, bytesMax: Int) -> Bool {
        let scanned = Int(sockets[descriptor].scannedEnd)
        let start = Int(sockets[descriptor].inputStart)
        let end = Int(sockets[descriptor].inputEnd)
        guard scanned > start, let block = sockets[descriptor].input else { return true }
        guard end > scanned else { return false }
        if end - start >= bytesMax { return true }
        return block.bytes(max(scanned - 3, start), end).holdsEmptyLine
    }

    /// Keeps an incomplete head until more of it comes. What was before it in the block is used up, and gives it room.
    mutating func keepHead(_ descriptor: Int32) {
        _ = moveInputToFront(descriptor)
        sockets[descriptor].scannedEnd = sockets[descriptor].inputEnd
    }
}

extension Bytes {
    /// Whether two line ends follow each other. A line feed alone counts: it is a fault that the parser is to see.
    var holdsEmptyLine: Bool {
        var feed = firstIndex(of: ASCII.lf)
        while let found = feed {
            let next = found + 1
            if next < count, self[next] == ASCII.lf { return true }
            if next + 1 < count, self[next] == ASCII.cr, self[next + 1] == ASCII.lf { return true }
            feed = firstIndex(of: ASCII.lf, from: next)
        }
        return false
    }
}
