internal import GatewayIR

// What governance requires of those on both ends: upstreams and consumers.

extension Governance {
    mutating func checkUpstreams() {
        guard required[.timeouts] != nil || required[.upstreamTLS] != nil else { return }
        let names = document.upstreams.map(\.name.value).sorted()
        let indices = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        for upstream in document.upstreams {
            guard completeness.isWhole(within: upstream.value.span),
                let index = indices[upstream.name.value], routes.usedUpstreams.contains(index)
            else {
                continue
            }
            if let span = required[.timeouts], upstream.value.timeouts == nil {
                diagnostics.append(.timeoutsRequired(upstream.name, required: span))
            }
            if let span = required[.upstreamTLS] { checkTLS(of: upstream, required: span) }
        }
    }

    private mutating func checkTLS(of upstream: Named<UpstreamSpec>, required: SourceSpan) {
        let open = upstream.value.targets.filter { !$0.isSecure && !$0.isLocal }
        guard let first = open.first else { return }
        diagnostics.append(
            .upstreamTLSRequired(first, upstream: upstream.name.value, count: open.count, required: required)
        )
    }

    mutating func checkConsumers() {
        let age = document.governance?.credentialAge
        guard required[.credentials] != nil || age != nil else { return }
        let anonymous = anonymousConsumers
        for consumer in document.consumers where completeness.isWhole(within: consumer.value.span) {
            let name = consumer.name
            if let span = required[.credentials], consumer.value.credentials.isEmpty, !anonymous.contains(name.value) {
                diagnostics.append(.credentialsRequired(name, required: span))
            }
            guard let age else { continue }
            for credential in consumer.value.credentials where credential.isSecret {
                checkAge(of: credential, consumer: name.value, age)
            }
        }
    }

    /// Who those are that show no credential.
    private var anonymousConsumers: Set<String> {
        let names = document.consumers.map(\.name.value).sorted()
        var found: Set<String> = []
        for chain in routes.chains.chains {
            for step in chain.steps {
                guard case .authentication(let settings) = step.plugin, let index = settings.anonymous else { continue }
                found.insert(names[index])
            }
        }
        return found
    }

    private mutating func checkAge(of credential: CredentialSpec, consumer: String, _ age: Spanned<Int64>) {
        guard let begin = credential.notBefore, let end = credential.expires else {
            let lacks = [
                credential.notBefore == nil ? "`not-before`" : nil, credential.expires == nil ? "`expires`" : nil,
            ]
            diagnostics.append(
                .credentialUnbounded(credential, of: consumer, lacks: lacks.compactMap(\.self), age: age)
            )
            return
        }
        let (span, overflow) = end.value.subtractingReportingOverflow(begin.value)
        guard overflow || span > age.value else { return }
        diagnostics.append(.credentialTooOld(of: consumer, from: begin, to: end, age: age))
    }
}

extension CredentialSpec {
    /// It is known by a secret, which ages: a certificate, or a token, has an end of its own.
    fileprivate var isSecret: Bool {
        switch key.value {
        case .literal, .secret: true
        case .certificate, .token: false
        }
    }
}

extension TargetSpec {
    /// What it is sent stays on the machine: a Unix socket, or a loopback address.
    fileprivate var isLocal: Bool {
        host.hasPrefix("/") || host == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) })
    }
}
