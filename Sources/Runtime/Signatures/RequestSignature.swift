/// Why a signature is refused. Its sender is not told; metrics and the access log are.
enum SignatureFault: UInt8, BitwiseCopyable, CaseIterable {
    case none = 0
    /// It is no signature: its form, something twice, too much of something, a part of the request that there is not.
    case malformed
    /// No credential that holds has this name.
    case unknownKey
    case algorithm
    /// It does not cover what it must, or does not say when it was made.
    case incomplete
    /// It is not that of this request.
    case forged
    case expired
    /// It was made in the future.
    case notYetValid
    /// It is another consumer's than a credential beside it.
    case consumer
    /// The body is not the one of which the signed digest speaks.
    case body

    /// The word in metrics and the access log.
    var word: StaticString {
        switch self {
        case .none: "none"
        case .malformed: "signature-malformed"
        case .unknownKey: "signature-key-unknown"
        case .algorithm: "signature-algorithm"
        case .incomplete: "signature-incomplete"
        case .forged: "signature-forged"
        case .expired: "signature-expired"
        case .notYetValid: "signature-not-yet-valid"
        case .consumer: "signature-consumer"
        case .body: "signature-body"
        }
    }
}

/// What a request says of its signature, in either scheme. It points into the request's head.
struct RequestSignature {
    static let componentCountMax = 32
    static let parameterCountMax = 8
    /// Signatures of one request that are read over to find the one that counts.
    static let memberCountMax = 8
    /// Bytes of all fields of one name.
    static let fieldBytesMax = 8_192

    struct Parameter {
        var key = Bytes.empty
        var item = StructuredItem(kind: .token, text: .empty)
    }

    var isKong = false
    /// Names of what is signed, as written, without quotes.
    private(set) var components = InlineArray<32, Bytes>(repeating: .empty)
    private(set) var componentCount = 0
    /// Of a message signature, in order.
    private(set) var parameters = InlineArray<8, Parameter>(repeating: Parameter())
    private(set) var parameterCount = 0
    var keyID = Bytes.empty
    /// Seconds since 1970.
    var created: Int64?
    var expires: Int64?
    /// The code itself, as base64.
    var code = Bytes.empty

    /// - Returns: whether it is not there yet, and there is room for it.
    mutating func add(component name: Bytes) -> Bool {
        guard componentCount < RequestSignature.componentCountMax, !name.isEmpty, !covers(name) else { return false }
        components[componentCount] = name
        componentCount += 1
        return true
    }

    /// The same for a parameter.
    mutating func add(parameter: Parameter) -> Bool {
        guard parameterCount < RequestSignature.parameterCountMax else { return false }
        for index in 0..<parameterCount where parameters[index].key.equals(parameter.key) { return false }
        parameters[parameterCount] = parameter
        parameterCount += 1
        return true
    }

    /// Whether something is signed, by its name in any case.
    func covers(_ name: Bytes) -> Bool {
        for index in 0..<componentCount where components[index].equals(inAnyCase: name) { return true }
        return false
    }

    /// Adds the text that is signed to the base's code.
    ///
    /// - Returns: whether the request has all of it.
    func append(_ request: SignedRequest, to base: inout SignatureBase) -> Bool {
        isKong ? append(kongText: request, to: &base) : append(messageText: request, to: &base)
    }

    /// Whether it is neither too old nor from the future.
    func age(lifetime: UInt32, skew: UInt32, seconds: Int64) -> SignatureFault {
        guard let created else { return .incomplete }
        if created > seconds + Int64(skew) { return .notYetValid }
        if seconds - created > Int64(lifetime) { return .expired }
        if let expires, seconds >= expires + Int64(skew) { return .expired }
        return .none
    }
}
