package import GatewayTable

/// What the gateway would make of a request's body, by its own editor.
package enum BodyRehearsal {
    /// - Parameters:
    ///   - body: of the request.
    ///   - edits: an index into `TableView.bodyEdits`.
    ///   - view: outlives the call.
    /// - Returns: what the upstream would get; `nil` if the request would be refused.
    package static func edited(_ body: [UInt8], by edits: UInt32, in view: TableView) -> [UInt8]? {
        guard body.count <= Limits.blockBytes else { return nil }
        let pool = BlockPool()
        let block = pool.take()
        defer {
            pool.give(block)
            pool.deallocate()
        }
        // The editor looks at the array's bytes only, and keeps nothing of them.
        return unsafe body.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var editor = unsafe JSONEditor(
                Bytes(base, count: buffer.count),
                view.bodyEdits[edits].operations,
                view,
                into: ByteWriter(block)
            )
            guard editor.run() == .none else { return nil }
            let written = editor.output.written
            return (0..<written.count).map { written[$0] }
        }
    }

    /// Whether bytes are JSON as the gateway reads it.
    package static func isJSON(_ text: [UInt8]) -> Bool {
        unsafe text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            var scanner = unsafe JSONScanner(Bytes(base, count: buffer.count))
            guard scanner.skipValue() else { return false }
            scanner.skipSpace()
            return scanner.isAtEnd
        }
    }
}
