/// Why the gateway answers a request itself. Each has a status, a stable problem type (RFC 9457) and the plugin or part
/// that speaks.
enum RefusalKind: UInt8, BitwiseCopyable {
    case none = 0
    case malformed
    case targetTooLong
    case headTooLarge
    case versionUnsupported
    case codingUnsupported
    case expectationFailed
    case headTimeout
    case bodyTimeout
    case selectorContradictory
    case notFound
    case versionUnknown
    case methodNotAllowed
    case sunset
    case brownout
    case bodyTooLarge
    case unauthenticated
    case forbidden
    case rateLimited
    case overloaded
    case upstreamUnavailable
    case upstreamBusy
    case upstreamFailed
    case upstreamMalformed
    case upstreamTimeout
    case upstreamHandshakeFailed
    case upstreamExpired
    case upstreamMisnamed
    case upstreamUntrusted
    /// HTTP without TLS where TLS is spoken.
    case secureOnly
    case addressNotAllowed
    case agentNotAllowed
    case originNotAllowed
    case unauthenticatedBasic
    case unauthenticatedCertificate
    case unauthenticatedAny
    case unauthenticatedToken
    /// A token cannot be checked: its keys are to be fetched, and none came yet.
    case keysUnavailable
    case claimsInsufficient
    case unauthenticatedIntrospection
    case unauthenticatedSignature
    /// Nobody says what a token is worth.
    case introspectionUnavailable
    /// The server that decides did not answer.
    case authorizerUnavailable
    /// It said no; the client got its answer.
    case authorizerDenied
    /// The source of bundles has been silent for too long.
    case bundleStale
    /// Too many of the caller's requests at once.
    case concurrencyLimited
    /// Too many requests at once, whoever sent them.
    case crowded
    /// Only a stored answer was asked for, and there is none that may be used.
    case notStored
    /// A rehearsal.
    case faultInjected
    /// A body that shall be edited is no JSON, by its own word.
    case bodyUnsupported
    /// It is no JSON object after all.
    case bodyNotObject
    case bodyTooLargeToEdit
    /// A body that shall be compared with its digest.
    case bodyTooLargeToCheck

    /// The status; that of a brownout or a fault is the spec's.
    var status: UInt16 {
        switch self {
        case .none: 200
        case .malformed, .selectorContradictory, .secureOnly, .bodyNotObject: 400
        case .unauthenticated, .unauthenticatedBasic, .unauthenticatedCertificate, .unauthenticatedAny,
            .unauthenticatedToken, .unauthenticatedIntrospection, .unauthenticatedSignature:
            401
        case .forbidden, .claimsInsufficient, .addressNotAllowed, .agentNotAllowed, .originNotAllowed,
            .authorizerDenied:
            403
        case .notFound, .versionUnknown: 404
        case .methodNotAllowed: 405
        case .headTimeout, .bodyTimeout: 408
        case .sunset: 410
        case .bodyTooLarge, .bodyTooLargeToEdit, .bodyTooLargeToCheck: 413
        case .targetTooLong: 414
        case .bodyUnsupported: 415
        case .expectationFailed: 417
        case .rateLimited, .concurrencyLimited: 429
        case .headTooLarge: 431
        case .codingUnsupported: 501
        case .upstreamFailed, .upstreamMalformed, .upstreamHandshakeFailed, .upstreamExpired, .upstreamMisnamed,
            .upstreamUntrusted:
            502
        case .brownout, .crowded, .faultInjected, .overloaded, .upstreamUnavailable, .upstreamBusy, .keysUnavailable,
            .authorizerUnavailable,
            .introspectionUnavailable, .bundleStale:
            503
        case .upstreamTimeout, .notStored: 504
        case .versionUnsupported: 505
        }
    }

    /// The last part of `urn:apic:problem:…`, and the reason in the log.
    var type: StaticString {
        switch self {
        case .none: "none"
        case .malformed: "malformed-request"
        case .targetTooLong: "target-too-long"
        case .headTooLarge: "head-too-large"
        case .versionUnsupported: "http-version-unsupported"
        case .codingUnsupported: "transfer-coding-unsupported"
        case .expectationFailed: "expectation-failed"
        case .headTimeout: "request-head-timeout"
        case .bodyTimeout: "request-body-timeout"
        case .selectorContradictory: "version-contradictory"
        case .notFound: "route-not-found"
        case .versionUnknown: "version-unknown"
        case .methodNotAllowed: "method-not-allowed"
        case .sunset: "version-sunset"
        case .brownout: "version-brownout"
        case .bodyTooLarge, .bodyTooLargeToEdit, .bodyTooLargeToCheck: "body-too-large"
        case .bodyUnsupported: "body-unsupported"
        case .bodyNotObject: "body-not-json-object"
        case .unauthenticated, .unauthenticatedBasic, .unauthenticatedCertificate, .unauthenticatedAny,
            .unauthenticatedToken, .unauthenticatedIntrospection, .unauthenticatedSignature:
            "authentication-required"
        case .keysUnavailable: "keys-unavailable"
        case .claimsInsufficient: "claims-insufficient"
        case .introspectionUnavailable: "introspection-unavailable"
        case .authorizerUnavailable: "authorizer-unavailable"
        case .authorizerDenied: "authorizer-denied"
        case .forbidden: "consumer-not-allowed"
        case .rateLimited: "rate-limit-exceeded"
        case .concurrencyLimited, .crowded: "concurrency-limit-exceeded"
        case .faultInjected: "fault-injected"
        case .notStored: "not-stored"
        case .overloaded: "gateway-overloaded"
        case .bundleStale: "bundle-stale"
        case .upstreamUnavailable: "upstream-unavailable"
        case .upstreamBusy: "upstream-busy"
        case .upstreamFailed: "upstream-failed"
        case .upstreamMalformed: "upstream-answer-malformed"
        case .upstreamTimeout: "upstream-timeout"
        case .upstreamHandshakeFailed: "upstream-handshake-failed"
        case .upstreamExpired: "upstream-certificate-expired"
        case .upstreamMisnamed: "upstream-certificate-misnamed"
        case .upstreamUntrusted: "upstream-certificate-untrusted"
        case .secureOnly: "tls-required"
        case .addressNotAllowed: "address-not-allowed"
        case .agentNotAllowed: "agent-not-allowed"
        case .originNotAllowed: "origin-not-allowed"
        }
    }

    var detail: StaticString {
        switch self {
        case .none: ""
        case .malformed: "The request does not follow HTTP/1.1 (RFC 9112)."
        case .targetTooLong: "The request target is longer than this gateway takes."
        case .headTooLarge: "The request's header fields are larger or more than this gateway takes."
        case .versionUnsupported: "This gateway speaks HTTP/1.1 and HTTP/1.0."
        case .codingUnsupported: "The only transfer coding that this gateway takes is chunked."
        case .expectationFailed: "The only expectation that this gateway meets is 100-continue."
        case .headTimeout: "The request's head did not arrive in time."
        case .bodyTimeout: "The request's body did not arrive in time."
        case .selectorContradictory: "The request names more than one version."
        case .notFound: "No route has this host and path."
        case .versionUnknown: "The API has no such version."
        case .methodNotAllowed: "The route does not take this method; see Allow."
        case .sunset: "This version of the API was sunset."
        case .brownout: "This version of the API is deprecated and rests for a while; see Retry-After."
        case .bodyTooLarge, .bodyTooLargeToEdit, .bodyTooLargeToCheck:
            "The request's body is larger than this route takes."
        case .bodyUnsupported: "The request's body must be JSON by its Content-Type, and not compressed."
        case .bodyNotObject: "The request's body is no JSON object (RFC 8259)."
        case .unauthenticated, .unauthenticatedBasic, .unauthenticatedCertificate, .unauthenticatedAny,
            .unauthenticatedToken, .unauthenticatedIntrospection, .unauthenticatedSignature:
            "The request needs a valid credential."
        case .keysUnavailable: "The gateway has no keys yet to check tokens by; see Retry-After."
        case .introspectionUnavailable: "Nobody could be asked what the token is worth; see Retry-After."
        case .authorizerUnavailable: "Nobody could be asked whether the request may pass; see Retry-After."
        case .authorizerDenied: "The request may not pass."
        case .claimsInsufficient: "The token does not say what this route needs."
        case .forbidden: "The consumer may not call this route."
        case .concurrencyLimited: "Too many of the caller's requests at once; see Retry-After."
        case .notStored: "No stored answer may be used, and the request takes no other."
        case .faultInjected: "A rehearsal: this failure is made on purpose."
        case .crowded: "Too many requests at once; see Retry-After."
        case .rateLimited: "Too many requests; see Retry-After."
        case .overloaded: "The gateway is at its limit; see Retry-After."
        case .bundleStale: "The gateway has not heard for too long whether its rules still hold; see Retry-After."
        case .upstreamUnavailable: "No server of the upstream could be reached."
        case .upstreamBusy: "All connections to the upstream are in use; see Retry-After."
        case .upstreamFailed: "The upstream closed the connection without an answer."
        case .upstreamMalformed: "The upstream's answer does not follow HTTP/1.1 (RFC 9112)."
        case .upstreamTimeout: "The upstream did not answer in time."
        case .upstreamHandshakeFailed: "The TLS handshake with the upstream failed."
        case .upstreamExpired: "The upstream's certificate is not valid now."
        case .upstreamMisnamed: "The upstream's certificate is for another name."
        case .upstreamUntrusted: "The upstream's certificate comes from no authority that this gateway believes."
        case .secureOnly: "This port speaks TLS only; use https."
        case .addressNotAllowed: "The route may not be called from this address."
        case .agentNotAllowed: "The route may not be called by this program."
        case .originNotAllowed: "Pages of this origin may not call the route."
        }
    }

    /// The plugin or part that refused, as the spec and the log call it.
    var speaker: StaticString {
        switch self {
        case .none: ""
        case .malformed, .targetTooLong, .headTooLarge, .versionUnsupported, .codingUnsupported, .expectationFailed,
            .headTimeout, .bodyTimeout, .overloaded, .bundleStale, .secureOnly:
            "gateway"
        case .selectorContradictory, .notFound, .versionUnknown, .methodNotAllowed: "router"
        case .sunset, .brownout: "lifecycle"
        case .bodyTooLarge: "request-size-limit"
        case .bodyUnsupported, .bodyNotObject, .bodyTooLargeToEdit: "request-body"
        case .unauthenticated: "key-auth"
        case .unauthenticatedBasic: "basic-auth"
        case .unauthenticatedCertificate: "mtls-auth"
        case .unauthenticatedAny: "authentication"
        case .unauthenticatedToken, .keysUnavailable: "jwt"
        case .unauthenticatedIntrospection, .introspectionUnavailable: "oauth2-introspection"
        case .unauthenticatedSignature, .bodyTooLargeToCheck: "hmac-auth"
        case .forbidden, .claimsInsufficient: "acl"
        case .authorizerUnavailable, .authorizerDenied: "forward-auth"
        case .addressNotAllowed: "ip-restriction"
        case .agentNotAllowed: "bot-detection"
        case .originNotAllowed: "cors"
        case .rateLimited: "rate-limit"
        case .concurrencyLimited, .crowded: "concurrency-limit"
        case .faultInjected: "fault"
        case .notStored: "response-cache"
        case .upstreamUnavailable, .upstreamBusy, .upstreamFailed, .upstreamMalformed, .upstreamTimeout,
            .upstreamHandshakeFailed, .upstreamExpired, .upstreamMisnamed, .upstreamUntrusted:
            "upstream"
        }
    }

    /// An upstream was asked, or was to be, and did not answer.
    var isOfUpstream: Bool {
        switch self {
        case .upstreamUnavailable, .upstreamBusy, .upstreamFailed, .upstreamMalformed, .upstreamTimeout,
            .upstreamHandshakeFailed, .upstreamExpired, .upstreamMisnamed, .upstreamUntrusted:
            true
        default: false
        }
    }

    /// The request's bytes cannot be trusted any further, so the connection closes with the answer.
    var closesConnection: Bool {
        switch self {
        case .malformed, .targetTooLong, .headTooLarge, .versionUnsupported, .codingUnsupported,
            .headTimeout, .bodyTimeout, .expectationFailed, .secureOnly:
            true
        default: false
        }
    }

    /// Problem details (RFC 9457), to which members may be added before the brace that closes them.
    func appendProblem(status: UInt16, to body: inout ByteWriter) {
        body.append("{\"type\":\"urn:apic:problem:")
        body.append(type)
        body.append("\",\"title\":\"")
        body.append(StatusLine.reason(status))
        body.append("\",\"status\":")
        body.append(decimal: UInt64(status))
        body.append(",\"detail\":\"")
        body.append(detail)
        body.append("\",\"refused_by\":\"")
        body.append(speaker)
        body.append("\"")
    }

    /// What is wrong with a head, as a refusal.
    static func of(_ fault: HeadFault) -> RefusalKind {
        switch fault {
        case .targetTooLong: .targetTooLong
        case .tooLarge, .tooManyFields: .headTooLarge
        case .versionUnsupported: .versionUnsupported
        case .transferEncodingUnsupported: .codingUnsupported
        case .none, .method, .target, .version, .fieldName, .fieldValue, .lineEnd, .host, .contentLength,
            .transferEncoding, .framing, .path, .status:
            .malformed
        }
    }
}

/// Status codes and their reason phrases (RFC 9110 section 15).
enum StatusLine {
    static func reason(_ status: UInt16) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 418: "I'm a Teapot"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default:
            status < 300 ? "Success" : status < 400 ? "Redirection" : status < 500 ? "Client Error" : "Server Error"
        }
    }
}
