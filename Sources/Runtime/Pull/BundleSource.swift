/// Where a gateway takes its bundles from, if not from a folder that somebody else writes: any server of files.
package struct BundleSource: Equatable, Sendable {
    /// `https://bundles.example.com/storefront/`, with the slash at its end: names of files follow.
    package var url: String
    /// The folder that is this gateway's own: what was good last is kept there.
    package var folder: String
    /// PEM: whom the server must prove to be of; `nil` is the system's authorities.
    package var authorities: String?
    /// PEM: what this node shows of itself; `nil` is nothing.
    package var certificate: String?
    /// PEM: its private key; `nil` if it is in the same file.
    package var key: String?
    /// How often the source is asked.
    package var seconds: Int = 30
    /// How long a bundle is served that it does not confirm.
    package var stale = StalePolicy()

    package init(url: String, folder: String) {
        self.url = url
        self.folder = folder
    }

    /// The bundle that was good last.
    package var bundle: String { PullFolder(path: folder).current }

    /// Completes an address to that of a folder; `nil` if it is none that could be asked.
    package static func folderURL(_ text: String) -> String? {
        let scheme = ["https://", "http://"].first { text.lowercased().hasPrefix($0) }
        guard let scheme, text.utf8.count <= 2_048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        guard !host.isEmpty, !host.contains("@"), !rest.contains("?"), !rest.contains("#") else { return nil }
        return text.hasSuffix("/") ? text : text + "/"
    }

    /// The address of one of the bundle's files: its path, with everything escaped that means something in a URL.
    func url(of path: String) -> String {
        var bytes = Array(url.utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// When to ask again: regularly, or, while it fails, soon and then ever more rarely; never quite at the same time as
/// other gateways, and always again.
struct PullSchedule {
    static let firstMilliseconds: Int64 = 1_000
    static let millisecondsMax: Int64 = 60_000

    let milliseconds: Int64
    private(set) var failureCount = 0

    init(seconds: Int) { milliseconds = Int64(seconds) * 1_000 }

    mutating func noteSuccess() { failureCount = 0 }

    mutating func noteFailure() { failureCount += 1 }

    /// How long to wait.
    ///
    /// - Parameter random: any number, all equally likely.
    func pause(random: UInt32) -> Int64 {
        let share = Int64(random)
        guard failureCount > 0 else {
            // From nine tenths to eleven tenths.
            return milliseconds * 9 / 10 + (milliseconds / 5) * share / Int64(UInt32.max)
        }
        let doubled = PullSchedule.firstMilliseconds << Int64(min(failureCount - 1, 16))
        let longest = min(doubled, max(PullSchedule.millisecondsMax, milliseconds))
        // From half of it to all of it.
        return longest / 2 + longest / 2 * share / Int64(UInt32.max)
    }
}
