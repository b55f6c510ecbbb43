internal import GatewayEmitters
package import GatewayIR
internal import Synchronization

/// Makes a table of two parts at the same time.
package final class TableAssembly: Sendable {
    private struct Parts {
        var tree: TableEmitter.TreePart?
        var records: TableEmitter.RecordPart?
        var table: [UInt8]?
    }

    private let parts = Mutex(Parts())

    package init() {}

    /// The table, when all pieces are done.
    package var table: [UInt8]? { parts.withLock { $0.table } }

    /// What is to be done, in any order, or at the same time.
    package var pieces: [@Sendable (Gateway) -> Void] {
        [
            // The longer one first.
            { gateway in
                let records = TableEmitter.records(of: gateway)
                self.finish(gateway) { $0.records = records }
            },
            { gateway in
                let tree = TableEmitter.tree(of: gateway)
                self.finish(gateway) { $0.tree = tree }
            },
        ]
    }

    /// Puts a part down. Whoever comes last joins them.
    private func finish(_ gateway: Gateway, _ put: (inout Parts) -> Void) {
        let parts = parts.withLock { parts in
            put(&parts)
            guard parts.tree != nil, parts.records != nil else { return nil as Parts? }
            defer { parts = Parts() }
            return parts
        }
        guard let tree = parts?.tree, let records = parts?.records else { return }
        let table = TableEmitter.join(tree, records, gateway)
        self.parts.withLock { $0.table = table }
    }
}
