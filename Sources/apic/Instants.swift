internal import GatewayTable
internal import Glibc

/// Instants on the command line.
enum Instants {
    /// - Parameter text: RFC 3339, or a date, which is its midnight in UTC; `nil` is now.
    /// - Returns: seconds since 1970.
    static func parse(_ text: String?) throws(Misuse) -> Int64 {
        guard let text else { return Int64(time(nil)) }
        guard let instant = CalendarTime.instant(rfc3339: text.utf8) else {
            throw Misuse(message: "`\(text)` is not an instant like 2027-01-01T09:00:00Z or 2027-01-01")
        }
        return instant
    }
}
