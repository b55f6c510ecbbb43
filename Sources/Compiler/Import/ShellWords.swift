/// Splits a script for a POSIX shell into commands of words, without running anything: quotes, escapes, line
/// continuations and comments. What only a shell can know, variables and substitutions, stays as it is written.
enum ShellWords {
    /// Why a script cannot be split.
    struct Fault: Error, Equatable {
        var message: String
        /// From 1.
        var line: Int
    }

    /// A word, and the line on which it begins.
    struct Word: Equatable {
        var text: String
        var line: Int
        /// Something in it would have been replaced by the shell.
        var isDynamic = false
    }

    /// More is no quickstart script.
    static let byteCountMax = 1 << 20

    static func commands(_ bytes: [UInt8]) throws(Fault) -> [[Word]] {
        var reader = Reader(bytes: bytes.filter { $0 != UInt8(ascii: "\r") })
        return try reader.commands()
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0
        var line = 1
        var word: (bytes: [UInt8], line: Int, isDynamic: Bool)?
        var words: [Word] = []
        var all: [[Word]] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func next() -> UInt8? {
            guard let byte = peek else { return nil }
            position += 1
            if byte == 0x0A { line += 1 }
            return byte
        }

        private mutating func add(_ byte: UInt8) {
            if word == nil { word = ([], line, false) }
            word?.bytes.append(byte)
        }

        private mutating func begin() { if word == nil { word = ([], line, false) } }

        private mutating func endWord() {
            guard let word else { return }
            words.append(
                Word(text: String(decoding: word.bytes, as: UTF8.self), line: word.line, isDynamic: word.isDynamic)
            )
            self.word = nil
        }

        private mutating func endCommand() {
            endWord()
            if !words.isEmpty { all.append(words) }
            words = []
        }

        mutating func commands() throws(Fault) -> [[Word]] {
            while let byte = next() {
                switch byte {
                case UInt8(ascii: "\\"):
                    // A continued line ends no word's quotes, but nothing is between the two parts either.
                    if let escaped = next(), escaped != 0x0A { add(escaped) }
                case UInt8(ascii: "'"): try single()
                case UInt8(ascii: "\""): try double()
                case UInt8(ascii: "$") where peek == UInt8(ascii: "'"):
                    position += 1
                    try dollarSingle()
                case UInt8(ascii: "#") where word == nil:
                    while let other = peek, other != 0x0A { _ = other; position += 1 }
                case 0x20, 0x09: endWord()
                case 0x0A, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"): endCommand()
                case UInt8(ascii: "$"), UInt8(ascii: "`"):
                    add(byte)
                    word?.isDynamic = true
                default: add(byte)
                }
            }
            endCommand()
            return all
        }

        private mutating func single() throws(Fault) {
            let start = line
            begin()
            while let byte = next() {
                if byte == UInt8(ascii: "'") { return }
                add(byte)
            }
            throw Fault(message: "a quote `'` is not closed", line: start)
        }

        private mutating func double() throws(Fault) {
            let start = line
            begin()
            while let byte = next() {
                switch byte {
                case UInt8(ascii: "\""): return
                case UInt8(ascii: "\\"):
                    guard let escaped = next() else { break }
                    if escaped == 0x0A { continue }
                    if !"$`\"\\".utf8.contains(escaped) { add(byte) }
                    add(escaped)
                case UInt8(ascii: "$"), UInt8(ascii: "`"):
                    add(byte)
                    word?.isDynamic = true
                default: add(byte)
                }
            }
            throw Fault(message: "a quote `\"` is not closed", line: start)
        }

        /// `$'…'`, in which `\n` is a line feed.
        private mutating func dollarSingle() throws(Fault) {
            let start = line
            begin()
            while let byte = next() {
                if byte == UInt8(ascii: "'") { return }
                guard byte == UInt8(ascii: "\\"), let escaped = next() else {
                    add(byte)
                    continue
                }
                switch escaped {
                case UInt8(ascii: "n"): add(0x0A)
                case UInt8(ascii: "t"): add(0x09)
                case UInt8(ascii: "r"): break
                default: add(escaped)
                }
            }
            throw Fault(message: "a quote `$'` is not closed", line: start)
        }
    }
}
