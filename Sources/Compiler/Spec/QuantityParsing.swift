internal import GatewayIR

/// A whole number with a unit behind it.
private struct Quantity {
    var digits: Substring
    var unit: Substring

    init(_ text: String) {
        let split = text.utf8.firstIndex { !Digits.isDigit($0) } ?? text.endIndex
        digits = text[..<split]
        unit = text[split...]
    }

    /// `5`, or the digits of a number that is too long to show.
    var shownDigits: String { String(digits).excerpt(maxCount: 20) }
}

extension ScalarType where Value == Int64 {
    /// Milliseconds of a duration.
    private static let milliseconds = ScalarType("a duration such as `5s`") { text throws(ScalarProblem) in
        let quantity = Quantity(text)
        guard !quantity.digits.isEmpty else {
            throw ScalarProblem(
                .badDuration,
                "`\(text.excerpt)` is no duration",
                help: "write a whole number and a unit (`ms`, `s`, `m`, `h`, `d`): `5s`"
            )
        }
        guard !quantity.unit.isEmpty else {
            throw ScalarProblem(
                .unitMissing,
                "the duration `\(text.excerpt)` has no unit",
                help: "add `ms`, `s`, `m`, `h` or `d`"
            )
        }
        let factor: Int64
        switch quantity.unit {
        case "ms": factor = 1
        case "s": factor = 1_000
        case "m": factor = 60_000
        case "h": factor = 3_600_000
        case "d": factor = 86_400_000
        default: throw durationProblem(text, quantity)
        }
        guard let count = Int64(quantity.digits), count <= 36_500 * 86_400_000 / factor else {
            throw ScalarProblem(
                .outOfRange,
                "the duration `\(text.excerpt)` is longer than a hundred years",
                help: "write a shorter one"
            )
        }
        return count * factor
    }

    private static func durationProblem(_ text: String, _ quantity: Quantity) -> ScalarProblem {
        let units: [String: String] = [
            "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m",
            "minutes": "m",
            "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d", "msec": "ms", "millis": "ms",
            "milliseconds": "ms", "millisecond": "ms",
        ]
        let word = quantity.unit.lowercased().filter { $0 != " " }
        var help = "write a whole number and one of `ms`, `s`, `m`, `h`, `d`"
        if let unit = units[word] ?? (["ms", "s", "m", "h", "d"].contains(word) ? word : nil) {
            help = "write `\(quantity.shownDigits)\(unit)`"
        } else if ["w", "week", "weeks"].contains(word), let weeks = Int(quantity.digits), weeks < 10_000 {
            help = "write days: `\(weeks * 7)d`"
        } else if ["month", "months", "mo", "y", "year", "years"].contains(word) {
            help = "months and years differ in length: write days, such as `180d`"
        } else if quantity.unit.hasPrefix(".") {
            help = "write a whole number of a smaller unit: `1500ms` for one and a half seconds"
        } else if quantity.unit.utf8.contains(where: Digits.isDigit) {
            help = "write one number and one unit: `90m` for one hour and a half"
        }
        return ScalarProblem(.badDuration, "`\(text.excerpt)` is no duration", help: help)
    }

    /// A duration in whole seconds.
    static let seconds = ScalarType("a duration such as `180d`") { text throws(ScalarProblem) in
        let value = try milliseconds.parse(text)
        guard value % 1000 == 0 else {
            throw ScalarProblem(
                .outOfRange,
                "the duration `\(text.excerpt)` is no whole number of seconds",
                help: "write it in whole seconds"
            )
        }
        return value / 1000
    }

    /// A duration in whole seconds, at least one.
    static let positiveSeconds = ScalarType(seconds.noun) { text throws(ScalarProblem) in
        let value = try seconds.parse(text)
        guard value > 0 else {
            throw ScalarProblem(
                .outOfRange,
                "the duration `\(text.excerpt)` is no time at all",
                help: "write at least `1s`"
            )
        }
        return value
    }

    fileprivate static func parseMilliseconds(_ text: String) throws(ScalarProblem) -> Int64 {
        try milliseconds.parse(text)
    }
}

extension ScalarType where Value == Milliseconds {
    /// A duration of an operation: from a shortest one to a day.
    static func duration(atLeast shortest: Milliseconds = 1) -> ScalarType {
        ScalarType("a duration such as `5s`") { text throws(ScalarProblem) in
            let value = try ScalarType<Int64>.parseMilliseconds(text)
            guard value >= Int64(shortest) else {
                throw ScalarProblem(
                    .outOfRange,
                    "the duration `\(text.excerpt)` is too short",
                    help: "write at least `\(shortest)ms`"
                )
            }
            guard value <= 86_400_000 else {
                throw ScalarProblem(
                    .outOfRange,
                    "the duration `\(text.excerpt)` is longer than a day",
                    help: "write at most `24h`"
                )
            }
            return Milliseconds(value)
        }
    }
}

extension ScalarType where Value == UInt64 {
    /// Bytes.
    static let size = ScalarType("a size such as `64KiB`") { text throws(ScalarProblem) in
        let quantity = Quantity(text)
        guard !quantity.digits.isEmpty else {
            throw ScalarProblem(
                .badSize,
                "`\(text.excerpt)` is no size",
                help: "write a whole number and a unit: `64KiB`, `10MB`"
            )
        }
        let factor: UInt64
        switch quantity.unit {
        case "": throw sizeWithoutUnit(text, quantity)
        case "B": factor = 1
        case "KB": factor = 1_000
        case "MB": factor = 1_000_000
        case "GB": factor = 1_000_000_000
        case "KiB": factor = 1 << 10
        case "MiB": factor = 1 << 20
        case "GiB": factor = 1 << 30
        default: throw sizeProblem(text, quantity)
        }
        guard let count = UInt64(quantity.digits), count <= (1 << 50) / factor else {
            throw ScalarProblem(
                .outOfRange,
                "the size `\(text.excerpt)` is too large",
                help: "write at most `1048576GiB`"
            )
        }
        return count * factor
    }

    private static func sizeWithoutUnit(_ text: String, _ quantity: Quantity) -> ScalarProblem {
        ScalarProblem(
            .unitMissing,
            "the size `\(text.excerpt)` has no unit",
            help: "add `B`, `KB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`: `\(quantity.shownDigits)B`"
        )
    }

    private static func sizeProblem(_ text: String, _ quantity: Quantity) -> ScalarProblem {
        let units: [String: [String]] = [
            "k": ["KiB", "KB"], "kb": ["KB", "KiB"], "kib": ["KiB"], "ki": ["KiB"], "m": ["MiB", "MB"],
            "mb": ["MB", "MiB"],
            "mib": ["MiB"], "mi": ["MiB"], "g": ["GiB", "GB"], "gb": ["GB", "GiB"], "gib": ["GiB"], "gi": ["GiB"],
            "b": ["B"],
            "bytes": ["B"], "byte": ["B"],
        ]
        let word = quantity.unit.lowercased().filter { $0 != " " }
        guard let candidates = units[word] else {
            return ScalarProblem(
                .badSize,
                "`\(text.excerpt)` is no size",
                help: "write a whole number and one of `B`, `KB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`"
            )
        }
        let choices = candidates.map { "`\(quantity.shownDigits)\($0)`" }.joined(separator: " or ")
        return ScalarProblem(.badSize, "`\(text.excerpt)` is no size", help: "write \(choices)")
    }

    /// A size within a range.
    static func size(_ range: ClosedRange<UInt64>, shown: String) -> ScalarType {
        ScalarType("a size such as `64KiB`") { text throws(ScalarProblem) in
            let value = try size.parse(text)
            guard range.contains(value) else {
                throw ScalarProblem(
                    .outOfRange,
                    "the size `\(text.excerpt)` is not \(shown)",
                    help: "write a size \(shown)"
                )
            }
            return value
        }
    }
}

extension ScalarType where Value == Rate {
    static let rate = ScalarType("a rate such as `100/minute`") { text throws(ScalarProblem) in
        let quantity = Quantity(text)
        guard !quantity.digits.isEmpty else {
            throw ScalarProblem(.badRate, "`\(text.excerpt)` is no rate", help: "write it as `100/minute`")
        }
        let window: UInt32
        switch quantity.unit {
        case "":
            throw ScalarProblem(
                .unitMissing,
                "the rate `\(text.excerpt)` has no unit",
                help: "add `/second`, `/minute`, `/hour` or `/day`: `\(quantity.shownDigits)/minute`"
            )
        case "/second": window = 1
        case "/minute": window = 60
        case "/hour": window = 3_600
        case "/day": window = 86_400
        default: throw rateProblem(text, quantity)
        }
        guard let limit = UInt32(quantity.digits), limit > 0 else {
            let isZero = quantity.digits.allSatisfy { $0 == "0" }
            throw ScalarProblem(
                .outOfRange,
                isZero ? "a rate of zero lets nothing through" : "the rate `\(text.excerpt)` is too large",
                help: isZero
                    ? "use `acl` or leave the route out to refuse everything" : "write at most `\(UInt32.max)/second`"
            )
        }
        return Rate(limit: limit, windowSeconds: window)
    }

    private static func rateProblem(_ text: String, _ quantity: Quantity) -> ScalarProblem {
        let windows: [String: String] = [
            "s": "second", "sec": "second", "seconds": "second", "m": "minute", "min": "minute", "minutes": "minute",
            "h": "hour", "hr": "hour", "hours": "hour", "d": "day", "days": "day", "1s": "second", "1m": "minute",
            "rs": "second", "rps": "second", "rm": "minute", "rpm": "minute", "rh": "hour", "reqs": "second",
            "reqm": "minute",
            "1h": "hour", "1d": "day", "second": "second", "minute": "minute", "hour": "hour", "day": "day",
        ]
        var word = quantity.unit.lowercased().filter { $0 != " " && $0 != "/" }
        if word.hasPrefix("per") { word.removeFirst(3) }
        let help =
            windows[word].map { "write `\(quantity.shownDigits)/\($0)`" }
            ?? "write a whole number and `/second`, `/minute`, `/hour` or `/day`: `\(quantity.shownDigits)/minute`"
        return ScalarProblem(.badRate, "`\(text.excerpt)` is no rate", help: help)
    }
}

extension ScalarType where Value == UInt32 {
    /// A share in millionths: `10%`, `0.1`.
    static let share = share(insteadOfNothing: "leave it out")

    /// - Parameter advice: what to write instead of a share of nothing.
    static func share(insteadOfNothing advice: String) -> ScalarType {
        ScalarType("a share such as `10%`") { text throws(ScalarProblem) in
            let millionths = try parseShare(text)
            guard millionths > 0 else { throw shareProblem(text, help: advice) }
            return millionths
        }
    }

    /// A share, or `0%`.
    static let shareOrNone = ScalarType(share.noun) { text throws(ScalarProblem) in try parseShare(text) }

    private static func shareProblem(_ text: String, help: String) -> ScalarProblem {
        ScalarProblem(
            .outOfRange,
            "the share `\(text.excerpt)` is not between `0.0001%` and `100%`",
            help: help
        )
    }

    private static func parseShare(_ text: String) throws(ScalarProblem) -> UInt32 {
        let isPercentage = text.hasSuffix("%")
        let number = isPercentage ? text.dropLast() : text[...]
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        let places = isPercentage ? 4 : 6
        guard parts.count <= 2, let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy(Digits.isDigit),
            parts.count == 1 || !parts[1].isEmpty && parts[1].utf8.allSatisfy(Digits.isDigit),
            let units = UInt64(whole)
        else {
            throw ScalarProblem(.badPercentage, "`\(text.excerpt)` is no share", help: "write a percentage: `10%`")
        }
        guard isPercentage || units <= 1 else {
            throw ScalarProblem(
                .unitMissing,
                "the share `\(text.excerpt)` is above 1 and has no `%`",
                help: "write `\(String(number).excerpt(maxCount: 20))%`, or a number above 0 up to 1"
            )
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        let digits = fraction.prefix(places) + String(repeating: "0", count: max(0, places - fraction.count))
        guard fraction.count <= places, units <= 100, let small = UInt64(digits) else {
            throw shareProblem(text, help: "write `0.0001%` to `100%`")
        }
        let millionths = units * (isPercentage ? 10_000 : 1_000_000) + small
        guard millionths <= 1_000_000 else { throw shareProblem(text, help: "write at most `100%`") }
        return UInt32(millionths)
    }
}
