/// An upstream that speaks HTTP/2 frame by frame, right or wrong: a thread per connection, and a script for it.
package final class FrameUpstream: Sendable {
    package typealias Script = @Sendable (FramePeer) throws -> Void

    private let upstream: ScriptedUpstream
    private let script: Script

    package var port: UInt16 { upstream.port }
    package var connectionCount: Int { upstream.connectionCount }

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - settings: what connections begin with.
    ///   - script: called with each connection that begins as one of HTTP/2.
    package init(port: UInt16 = 0, settings: [(UInt16, UInt32)] = [], script: @escaping Script = { try $0.serve() })
        throws
    {
        self.script = script
        upstream = try ScriptedUpstream(
            port: port,
            whole: { wire, number in
                try script(FramePeer(FrameWire(serving: wire, settings: settings), connection: number))
            }
        )
    }

    package func stop() { upstream.stop() }
}

/// One connection of the gateway's, as an upstream sees it.
package final class FramePeer {
    package let frames: FrameWire
    /// From 0.
    package let connection: Int

    fileprivate init(_ frames: FrameWire, connection: Int) {
        self.frames = frames
        self.connection = connection
    }

    /// The head of the next request; other frames are passed over. `nil` at the end of the connection.
    package func nextRequest() throws -> Frame? {
        while let frame = try frames.receive(.headers) {
            if frame[":path"] != nil { return frame }
        }
        return nil
    }

    /// Answers a stream in one go.
    package func answer(_ stream: UInt32, _ status: Int = 200, _ fields: [(String, String)] = [], _ body: String = "")
        throws
    {
        try frames.send(.headers(stream, [(":status", "\(status)")] + fields, endsStream: body.isEmpty))
        if !body.isEmpty { try frames.send(.data(stream, body, endsStream: true)) }
    }

    /// Answers every request at once, with its path.
    package func serve() throws {
        while let request = try nextRequest() { try answer(request.stream, 200, [], request[":path"] ?? "") }
    }
}
