internal import GatewayIR

// Where single nodes listen, in place of the addresses of all.
extension ListenerLowering {
    static func addresses(_ spec: NodeListenSpec?) -> Node.Addresses {
        guard let spec else { return Node.Addresses() }
        return Node.Addresses(
            http: spec.http.isEmpty ? nil : spec.http.map(\.value),
            https: spec.https.isEmpty ? nil : spec.https.map(\.value),
            status: spec.status?.value
        )
    }

    static func checkNodes(_ document: SpecDocument, into diagnostics: inout [Diagnostic]) {
        for node in document.nodes {
            guard let own = node.value.listen else { continue }
            if let address = own.https.first, !document.listen.isHTTPSWanted {
                diagnostics.append(.nodeWithoutCertificates(address, node: node.name.value))
            }
            // Clashes among those of all are reported there.
            let addresses = own.http + own.https
            reportClashes(addresses, into: &diagnostics)
            let status = own.status?.value.port ?? document.listen.status?.value.port ?? Listeners().status.port
            let http = own.http.isEmpty ? document.listen.http : own.http
            let https = own.https.isEmpty ? document.listen.https?.addresses ?? [] : own.https
            guard let taken = (http + https).first(where: { $0.value.port == status }) else { continue }
            // Said already if both are those of all.
            guard own.status != nil || addresses.contains(where: { $0.span == taken.span }) else { continue }
            let place = own.status?.span ?? taken.span
            diagnostics.append(.statusPortTaken(status, at: place, http: own.status == nil ? nil : taken.span))
        }
    }
}

extension Diagnostic {
    fileprivate static func nodeWithoutCertificates(_ address: Spanned<ListenAddress>, node: String) -> Diagnostic {
        Diagnostic(
            .nodeWithoutCertificates,
            "`\(node)` listens for TLS, and there is no `listen.https` with a certificate to show",
            at: address.span,
            help: "add `listen.https`, or delete the address"
        )
    }
}
