internal import GatewayIR

extension SpecDecoder {
    mutating func fault(_ fields: Fields) -> FaultSpec? {
        guard ["delay", "abort"].contains(where: { fields.keyNode($0) != nil }) else {
            _ = exactlyOne(fields, ["delay", "abort"])
            return nil
        }
        for name in ["delay", "abort"] where fields.keyNode("\(name)-share") != nil { requireKey(name, in: fields) }
        let delay = scalar(fields["delay"], .faultDelay)
        let status = scalar(fields["abort"], .number(UInt16(400)...599))
        let from = scalar(fields["from"], .instant)
        let until = scalar(fields["until"], .instant)
        if let from, let until, until.value <= from.value {
            report(
                Diagnostic(
                    .outOfRange,
                    "the fault ends before it begins",
                    at: until.span,
                    related: [.init(from.span, "its begin")],
                    help: "write an `until` behind `from`"
                )
            )
            return nil
        }
        guard delay != nil || status != nil else { return nil }
        let header = scalar(fields["header"], .headerName)
        let settings = FaultSettings(
            delay: delay?.value,
            delayShare: scalar(fields["delay-share"], .share)?.value ?? FaultSettings.whole,
            status: status?.value,
            abortShare: scalar(fields["abort-share"], .share)?.value ?? FaultSettings.whole,
            header: header?.value.lowercased(),
            from: from?.value,
            until: until?.value
        )
        return FaultSpec(settings: settings, isForAll: fields.keyNode("header") == nil)
    }

    mutating func mirror(_ fields: Fields) -> MirrorSpec? {
        let share = scalar(fields["share"], .share)
        return scalar(fields["upstream"], .name).map { MirrorSpec(upstream: $0, share: share?.value) }
    }
}

extension ScalarType where Value == Milliseconds {
    /// As long as a client may reasonably wait.
    fileprivate static let faultDelay = ScalarType(duration().noun) { text throws(ScalarProblem) in
        let value = try duration().parse(text)
        guard value <= FaultSettings.delayMax else {
            throw ScalarProblem(.outOfRange, "the delay `\(text.excerpt)` is too long", help: "write at most `1m`")
        }
        return value
    }
}
