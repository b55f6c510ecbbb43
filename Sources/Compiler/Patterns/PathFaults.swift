// What can be wrong with a path pattern, one factory per mistake. Positions are bytes of the text that holds it.

extension PatternFault {
    static func pathWithoutSlash(at range: Range<Int>) -> PatternFault {
        PatternFault(.routeText, "a path begins with `/`", at: range, help: "write `/` in front")
    }

    static func pathTooLong(_ byteCountMax: Int, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .patternTooLong,
            "a path pattern has at most \(byteCountMax) bytes, this one has \(range.count)",
            at: range,
            help: "replace what varies by captures, or what follows by `/**`"
        )
    }

    static func tooManySegments(_ countMax: Int, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .patternTooLong,
            "a path pattern has at most \(countMax) segments",
            at: range,
            help: "end it with `/**` and let the upstream look at the rest"
        )
    }

    static func tooManyCaptures(_ countMax: Int, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .patternTooLong,
            "a path pattern has at most \(countMax) captures",
            at: range,
            help: "end it with `/**` and let the upstream look at the rest"
        )
    }

    static func emptySegment(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .pathSegment,
            "a segment is empty, and in requests `//` is one `/`",
            at: range,
            help: "delete one of the slashes"
        )
    }

    static func dotSegment(_ segment: String, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .pathSegment,
            "the segment `\(segment)` never reaches a route: requests are resolved first",
            at: range,
            help: segment == "." ? "delete it" : "delete it and the segment before it"
        )
    }

    static func badEscape(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .percentEscape,
            "`%` is followed by two hexadecimal digits",
            at: range,
            help: "write `%25` for the percent sign itself"
        )
    }

    static func escapedSlash(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .percentEscape,
            "`%2F` is data within a segment, never a separator",
            at: range,
            help: "write `/` to separate segments, or use a capture for a segment that may hold it"
        )
    }

    static func refusedEscape(_ escape: [UInt8], at range: Range<Int>) -> PatternFault {
        PatternFault(
            .percentEscape,
            "requests with `\(String(decoding: escape, as: UTF8.self))` are refused",
            at: range,
            help: "delete it: no request that the gateway accepts has it in its path"
        )
    }

    static func byteInPath(_ byte: UInt8, at position: Int) -> PatternFault {
        let range = position..<position + 1
        let escape = PathText.percentEncoded([byte])
        switch byte {
        case UInt8(ascii: "*"):
            return PatternFault(
                .pathByte,
                "`*` is not a wildcard within a path",
                at: range,
                help: "use a capture such as `{name}` for one segment, or `/**` for all that follow"
            )
        case UInt8(ascii: "?"):
            return PatternFault(
                .pathByte,
                "a route has no query",
                at: range,
                help: "delete the `?` and what follows; the query goes through as it is"
            )
        case UInt8(ascii: "#"):
            return PatternFault(
                .pathByte,
                "a fragment never reaches a server",
                at: range,
                help: "delete the `#` and what follows, or write `%23`"
            )
        case UInt8(ascii: "\\"):
            return PatternFault(.pathByte, "requests with `\\` in the path are refused", at: range, help: "write `/`")
        case 0x21...0x7E:
            let character = Character(UnicodeScalar(byte))
            return PatternFault(
                .pathByte,
                "`\(character)` stands in a path only percent-encoded",
                at: range,
                help: "write `\(escape)`"
            )
        case 0x20:
            return PatternFault(
                .pathByte,
                "a space stands in a path only percent-encoded",
                at: range,
                help: "write `%20`"
            )
        default:
            return PatternFault(.pathByte, "a control character stands in no path", at: range, help: "delete it")
        }
    }

    static func behindTail(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .tailPlace,
            "`**` takes everything that follows, so nothing can stand behind it",
            at: range,
            help: "delete what follows, or use captures for the segments between"
        )
    }

    static func unclosedBrace(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .captureSyntax,
            "this `{` is not closed",
            at: range,
            help: "add `}` at the end of the capture"
        )
    }

    static func closingBrace(at position: Int) -> PatternFault {
        PatternFault(
            .captureSyntax,
            "this `}` closes nothing",
            at: position..<position + 1,
            help: "write `{` before the capture's name, or `%7D` for the character itself"
        )
    }

    static func partialCapture(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .captureSyntax,
            "a capture is a whole segment",
            at: range,
            help: "put what stands beside it into a constraint, as in `{file:[a-z]+\\.json}`"
        )
    }

    static func captureWithoutName(at range: Range<Int>) -> PatternFault {
        PatternFault(.captureSyntax, "a capture needs a name", at: range, help: "write `{id}`")
    }

    static func captureName(at range: Range<Int>) -> PatternFault {
        PatternFault(
            .captureSyntax,
            "a capture's name begins with a letter or `_` and has at most 64 characters",
            at: range,
            help: "write a name such as `id`"
        )
    }

    static func captureNameByte(_ byte: UInt8, at position: Int) -> PatternFault {
        let shown = byte >= 0x20 && byte < 0x7F ? "`\(Character(UnicodeScalar(byte)))`" : "this"
        return PatternFault(
            .captureSyntax,
            "\(shown) cannot stand in a capture's name",
            at: position..<position + 1,
            help: "a name has letters, digits, `_` and `-`; a constraint follows a colon: `{id:[0-9]+}`"
        )
    }

    static func captureTwice(_ name: String, at range: Range<Int>) -> PatternFault {
        PatternFault(
            .captureTwice,
            "the path captures `\(name)` already",
            at: range,
            help: "give this capture a name of its own"
        )
    }
}
