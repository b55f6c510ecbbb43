internal import GatewayTable

/// The fields of a parsed head as plain values, for code that must not hold the head itself.
struct FieldsView {
    let message: Bytes
    private let fields: Slab<HeaderField>
    let count: Int

    init(_ table: borrowing HeaderTable, _ message: Bytes) {
        self.message = message
        fields = table.fields
        count = table.count
    }

    @inline(__always)
    func kind(_ index: Int) -> FieldKind { fields[index].kind }

    @inline(__always)
    func value(_ index: Int) -> Bytes {
        let start = Int(fields[index].valueStart)
        return message[start..<start + Int(fields[index].valueCount)]
    }

    @inline(__always)
    func name(_ index: Int) -> Bytes {
        let start = Int(fields[index].nameStart)
        return message[start..<start + Int(fields[index].nameCount)]
    }

    /// Whether there is a field of a name, which is given in lower case.
    func has(_ lowercase: StaticString) -> Bool { firstIndex(ofName: Bytes(lowercase)) != nil }

    /// Where a value of the head begins.
    func offset(of value: Bytes) -> Int {
        // Both point into the same head.
        unsafe value.base - message.base
    }

    /// The first field with a name, which is given in lower case, from `start` on.
    func firstIndex(ofName lowercase: Bytes, from start: Int = 0) -> Int? {
        for index in start..<max(count, start) where Int(fields[index].nameCount) == lowercase.count {
            let nameStart = Int(fields[index].nameStart)
            if message[nameStart..<nameStart + lowercase.count].equalsIgnoringCase(lowercase) { return index }
        }
        return nil
    }
}

/// What a lookup wants to know of a request: its version selectors and header conditions.
struct RequestFacts: RouteProbe {
    private let view: TableView
    private let fields: FieldsView
    private let query: Bytes
    /// The APIs asked for so far and what they got; few share a path.
    private var askedAPIs = InlineArray<4, UInt32>(repeating: TableLayout.none)
    private var answers = InlineArray<4, UInt32>(repeating: VersionChoice.unknown)
    private var askedCount = 0

    init(_ view: TableView, _ fields: FieldsView, query: Bytes) {
        self.view = view
        self.fields = fields
        self.query = query
    }

    mutating func hasHeader(_ name: TableBytes, _ value: TableBytes) -> Bool {
        var index = fields.firstIndex(ofName: Bytes(name))
        while let found = index {
            if fields.value(found).equals(Bytes(value)) { return true }
            index = fields.firstIndex(ofName: Bytes(name), from: found + 1)
        }
        return false
    }

    mutating func selectedVersion(api: UInt32) -> UInt32 {
        for index in 0..<askedCount where askedAPIs[index] == api { return answers[index] }
        let answer = select(view.apis[api])
        if askedCount < 4 {
            askedAPIs[askedCount] = api
            answers[askedCount] = answer
            askedCount += 1
        }
        return answer
    }

    private func select(_ api: APIRecord) -> UInt32 {
        var choice = Choice()
        let name = Bytes(view.bytes(api.selectorName))
        switch SelectorKind(rawValue: api.selector) {
        case .header:
            var index = fields.firstIndex(ofName: name)
            while let found = index {
                choice.add(version(of: api, named: fields.value(found)))
                index = fields.firstIndex(ofName: name, from: found + 1)
            }
        case .query:
            var parameters = QueryParameters(query)
            while choice.isOpen, let parameter = parameters.next() {
                if parameter.name.equalsDecoded(name) {
                    choice.add(version(of: api, encoded: parameter.value))
                }
            }
        case .mediaType: selectMediaType(api, prefix: name, into: &choice)
        case .path, .host, nil: break
        }
        return choice.isMade ? choice.version : api.defaultVersion
    }

    /// `Accept` says what the client wants, else `Content-Type` what it sends. The same version in several media ranges
    /// is one choice.
    private func selectMediaType(_ api: APIRecord, prefix: Bytes, into choice: inout Choice) {
        addMediaTypes(of: Bytes("accept"), api, prefix: prefix, to: &choice)
        if !choice.isMade { addMediaTypes(of: Bytes("content-type"), api, prefix: prefix, to: &choice) }
    }

    private func addMediaTypes(of field: Bytes, _ api: APIRecord, prefix: Bytes, to choice: inout Choice) {
        let suffix = Bytes(view.bytes(api.selectorSuffix))
        var index = fields.firstIndex(ofName: field)
        while let found = index {
            var ranges = ListElements(fields.value(found))
            while let range = ranges.next() {
                let type = range[0..<(range.firstIndex(of: 0x3B) ?? range.count)].trimmed
                guard type.count > prefix.count + suffix.count, type[0..<prefix.count].equalsIgnoringCase(prefix),
                    type.from(type.count - suffix.count).equalsIgnoringCase(suffix)
                else { continue }
                let selected = version(of: api, named: type[prefix.count..<type.count - suffix.count])
                if !choice.isMade || choice.version != selected { choice.add(selected) }
            }
            index = fields.firstIndex(ofName: field, from: found + 1)
        }
    }

    private func version(of api: APIRecord, named value: Bytes) -> UInt32 {
        for version in api.versions.first..<api.versions.first + api.versions.count
        where Bytes(view.bytes(view.versions[version].value)).equals(value) {
            return version
        }
        return VersionChoice.unknown
    }

    private func version(of api: APIRecord, encoded value: Bytes) -> UInt32 {
        for version in api.versions.first..<api.versions.first + api.versions.count
        where value.equalsDecoded(Bytes(view.bytes(view.versions[version].value))) {
            return version
        }
        return VersionChoice.unknown
    }

    /// One selection out of several mentions: the same one twice is doubled, and refused as much as two different ones.
    private struct Choice {
        var version = VersionChoice.unknown
        var isMade = false
        var isOpen: Bool { version != VersionChoice.contradictory }

        mutating func add(_ other: UInt32) {
            version = isMade ? VersionChoice.contradictory : other
            isMade = true
        }
    }
}

/// The parameters of a query: `name=value` between `&`.
struct QueryParameters {
    struct Parameter {
        var name: Bytes
        var value: Bytes
        /// In the query, from the parameter's first byte to behind its last.
        var start: Int
        var end: Int
    }

    private let query: Bytes
    private var offset: Int

    /// - Parameter query: with its `?`, or empty.
    init(_ query: Bytes) {
        self.query = query
        offset = min(1, query.count)
    }

    mutating func next() -> Parameter? {
        guard offset < query.count else { return nil }
        let start = offset
        let end = query.firstIndex(of: 0x26, from: start) ?? query.count
        offset = end + 1
        let whole = query[start..<end]
        guard let equals = whole.firstIndex(of: 0x3D) else {
            return Parameter(name: whole, value: .empty, start: start, end: end)
        }
        return Parameter(name: whole[0..<equals], value: whole.from(equals + 1), start: start, end: end)
    }
}

extension Bytes {
    /// Whether the bytes, percent-decoded, are these.
    func equalsDecoded(_ plain: Bytes) -> Bool {
        var index = 0
        var matched = 0
        while index < count {
            guard matched < plain.count, let byte = decodedByte(at: &index), byte == plain[matched] else {
                return false
            }
            matched += 1
        }
        return matched == plain.count
    }

    /// One byte, percent-decoded; `nil` for a bad escape.
    func decodedByte(at index: inout Int) -> UInt8? {
        let byte = self[index]
        guard byte == ASCII.percent else {
            index += 1
            return byte == 0x2B ? ASCII.space : byte
        }
        guard index + 2 < count, let high = ASCII.hexValue(self[index + 1]), let low = ASCII.hexValue(self[index + 2])
        else { return nil }
        index += 3
        return high << 4 | low
    }
}
