/// What the `Connection` fields of a message say (RFC 9110 section 7.6.1, RFC 9112 section 9.3).
struct ConnectionOptions: BitwiseCopyable {
    /// `close` stands there, and holds whatever else does.
    private var saysClose = false
    /// `upgrade` stands there.
    private(set) var namesUpgrade = false
    /// `TE` stands there, as it must beside that field (RFC 9110 section 10.1.4).
    private(set) var namesCodings = false

    /// Takes the options of one field. Fields that it names are dropped.
    ///
    /// - Parameter keepsAlive: whether the connection goes on; so far that of the message's version.
    mutating func take(
        _ value: Bytes,
        of table: borrowing HeaderTable,
        in message: Bytes,
        keepsAlive: inout Bool
    ) {
        if value.equalsIgnoringCase("keep-alive") {
            keepsAlive = !saysClose
            return
        }
        var options = ListElements(value)
        while let option = options.next() {
            if option.equalsIgnoringCase("close") {
                (saysClose, keepsAlive) = (true, false)
            } else if option.equalsIgnoringCase("keep-alive") {
                keepsAlive = !saysClose
            } else {
                if option.isName("upgrade") { namesUpgrade = true }
                if option.isName("te") { namesCodings = true }
                table.dropIgnoringCase(name: option, in: message)
            }
        }
    }
}
