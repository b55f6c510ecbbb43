/// Why the gateway did not start. Exit code 1.
package struct StartError: Error, Equatable, Sendable {
    /// One line, lower-case, for people.
    package var message: String
}
