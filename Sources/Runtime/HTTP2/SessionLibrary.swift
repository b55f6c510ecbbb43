internal import CNGHTTP2

/// What nghttp2 needs once per worker: its callbacks, options, memory, and room for the fields of a head.
///
/// Unsafe operations hold because it is made once, lives as long as its worker, and is used by one thread.
@safe
struct SessionLibrary: BitwiseCopyable {
    /// Fields of a head that are sent, the gateway's own included.
    static let fieldCountMax = Limits.fieldCountMax + 64

    let serverCallbacks: OpaquePointer
    let clientCallbacks: OpaquePointer
    let options: OpaquePointer
    let memory = SessionMemory()
    let fields: UnsafeMutablePointer<nghttp2_nv>

    init() {
        var server: OpaquePointer?
        var client: OpaquePointer?
        var options: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&server) == 0, unsafe nghttp2_session_callbacks_new(&client) == 0,
            unsafe nghttp2_option_new(&options) == 0,
            let server = unsafe server, let client = unsafe client, let options = unsafe options
        else { preconditionFailure("out of memory for HTTP/2") }
        unsafe SessionCallbacks.register(server)
        unsafe SessionCallbacks.register(client)
        unsafe SessionCallbacks.registerRequests(client)
        unsafe serverCallbacks = server
        unsafe clientCallbacks = client
        unsafe SessionLibrary.set(options)
        unsafe self.options = options
        unsafe fields = .allocate(capacity: SessionLibrary.fieldCountMax)
    }

    /// - Precondition: no session is left.
    func deallocate() {
        unsafe nghttp2_session_callbacks_del(serverCallbacks)
        unsafe nghttp2_session_callbacks_del(clientCallbacks)
        unsafe nghttp2_option_del(options)
        memory.deallocate()
        unsafe fields.deallocate()
    }

    private static func set(_ options: OpaquePointer) {
        // Windows open as bodies are read on.
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        unsafe nghttp2_option_set_max_outbound_ack(options, Limits.outboundAcknowledgementCountMax)
        unsafe nghttp2_option_set_max_continuations(options, Limits.continuationCountMax)
        unsafe nghttp2_option_set_max_settings(options, Limits.settingCountMax)
    }

    /// Makes a session for the server's side. `nil` if memory is out.
    func makeServer(_ record: UnsafeMutablePointer<SessionRecord>) -> OpaquePointer? {
        var session: OpaquePointer?
        var functions = unsafe memory.functions
        // nghttp2 copies the allocator; the record stays where it is.
        guard unsafe nghttp2_session_server_new3(&session, serverCallbacks, record, options, &functions) == 0 else {
            return nil
        }
        return unsafe session
    }

    /// Makes a session for the client's side, towards an upstream. `nil` if memory is out.
    func makeClient(_ record: UnsafeMutablePointer<SessionRecord>) -> OpaquePointer? {
        var session: OpaquePointer?
        var functions = unsafe memory.functions
        // As above.
        guard unsafe nghttp2_session_client_new3(&session, clientCallbacks, record, options, &functions) == 0 else {
            return nil
        }
        return unsafe session
    }
}
