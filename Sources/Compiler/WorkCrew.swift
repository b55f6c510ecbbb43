internal import Synchronization

/// Who does pieces of work of which none needs another's result. The compiler starts no thread: the program that calls
/// it lends it some. What comes out never depends on how many there are.
package struct WorkCrew: Sendable {
    private let run: @Sendable (Int, @Sendable (Int) -> Void) -> Void

    /// - Parameter run: calls the piece once with every number below the first argument, on any thread, in any order,
    ///   and returns when all calls have.
    package init(_ run: @escaping @Sendable (Int, @Sendable (Int) -> Void) -> Void) { self.run = run }

    /// One piece after the other.
    package static let alone = WorkCrew { count, piece in
        for index in 0..<count { piece(index) }
    }

    /// What came of the pieces, in their order.
    package func results<Result: Sendable>(_ count: Int, _ piece: @Sendable (Int) -> Result) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: count))
        run(count) { index in
            let result = piece(index)
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap(\.self) }
    }
}
