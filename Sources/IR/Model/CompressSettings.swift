/// `compress`: answers of upstreams go to clients that take it as gzip.
package struct CompressSettings: Hashable, Sendable {
    /// The media types that are worth it: text, and the data formats that are text. Event streams are among them.
    package static let usualTypes = [
        "application/*+json", "application/*+xml", "application/javascript", "application/json", "application/wasm",
        "application/xml", "image/svg+xml", "text/*",
    ]

    /// Of zlib, from 1, the quickest, to 9, the smallest.
    package var level: UInt8
    /// Answers that are known to have fewer bytes are left alone.
    package var sizeMin: UInt32
    /// In lower case, ascending: `text/html`, `text/*`, `application/*+json`.
    package var types: [String]

    package init(level: UInt8 = 5, sizeMin: UInt32 = 1024, types: [String] = CompressSettings.usualTypes) {
        self.level = level
        self.sizeMin = sizeMin
        self.types = types
    }
}
