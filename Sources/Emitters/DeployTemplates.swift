internal import Mustache
internal import Templates

/// A template that cannot be used.
package struct TemplateError: Error, Equatable {
    /// As in the folder of templates.
    package var fileName: String
    /// What is wrong, and where, as one clause.
    package var reason: String

    package init(fileName: String, reason: String) {
        self.fileName = fileName
        self.reason = reason
    }
}

/// The templates of a build: the compiled-in ones, some of them overridden.
package struct DeployTemplates: Sendable {
    /// Names of the files that may be overridden, ascending.
    package static let fileNames = [
        Templates.compose, Templates.composeEnvironment, Templates.nodeEnvironment, Templates.kongEnvironment,
        Templates.kubernetes,
        Templates.kubernetesMonitor, Templates.kubernetesBundle, Templates.kubernetesImage, Templates.service,
    ].map(\.fileName).sorted()

    private let compose: MustacheTemplate
    private let composeEnvironment: MustacheTemplate
    private let nodeEnvironment: MustacheTemplate
    private let kongEnvironment: MustacheTemplate
    private let kubernetes: MustacheTemplate
    private let kubernetesMonitor: MustacheTemplate
    private let kubernetesBundle: MustacheTemplate
    private let kubernetesImage: MustacheTemplate
    private let service: MustacheTemplate

    /// - Parameter overrides: the content of files by name; names other than `fileNames` are ignored.
    package init(overrides: [String: [UInt8]] = [:]) throws(TemplateError) {
        compose = try Self.parse(Templates.compose, overrides, as: .compose)
        composeEnvironment = try Self.parse(Templates.composeEnvironment, overrides, as: .environment)
        nodeEnvironment = try Self.parse(Templates.nodeEnvironment, overrides, as: .environment)
        kongEnvironment = try Self.parse(Templates.kongEnvironment, overrides, as: .environment)
        kubernetes = try Self.parse(Templates.kubernetes, overrides, as: .yaml)
        kubernetesMonitor = try Self.parse(Templates.kubernetesMonitor, overrides, as: .yaml)
        kubernetesBundle = try Self.parse(Templates.kubernetesBundle, overrides, as: .yaml)
        kubernetesImage = try Self.parse(Templates.kubernetesImage, overrides, as: .yaml)
        service = try Self.parse(Templates.service, overrides, as: .unit)
    }

    func renderComposeEnvironment(_ profiles: ComposeProfiles) -> String { composeEnvironment.render(profiles) }

    func renderKubernetes(_ node: KubernetesNode) -> String { kubernetes.render(TemplateFields(of: node)) }

    func renderKubernetesMonitor(_ node: KubernetesNode) -> String {
        kubernetesMonitor.render(TemplateFields(of: node))
    }

    func renderKubernetesBundle(_ bundle: KubernetesBundle) -> String { kubernetesBundle.render(bundle) }

    func renderKubernetesImage(_ bundle: KubernetesBundle) -> String { kubernetesImage.render(bundle) }

    func renderService(_ service: SystemdService) -> String { self.service.render(service) }

    func renderCompose(_ project: ComposeProject) -> String { compose.render(project) }

    func renderEnvironment(_ node: NodeEnvironment) -> String { nodeEnvironment.render(node) }

    func renderKongEnvironment(_ node: KongEnvironment) -> String { kongEnvironment.render(node) }

    /// The content type is set here and not in the template, so that an overriding one quotes as well.
    private static func parse(
        _ template: Template,
        _ overrides: [String: [UInt8]],
        as format: DeployFormat
    ) throws(TemplateError) -> MustacheTemplate {
        DeployFormat.register()
        let bytes = overrides[template.fileName] ?? template.bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TemplateError(fileName: template.fileName, reason: "it is not UTF-8")
        }
        do {
            return try MustacheTemplate(string: "{{% CONTENT_TYPE: \(format.rawValue)}}" + text)
        } catch let error as MustacheTemplate.ParserError {
            let context = error.context
            throw TemplateError(
                fileName: template.fileName,
                reason: "line \(context.lineNumber), column \(context.columnNumber): \(error.error)"
            )
        } catch {
            throw TemplateError(fileName: template.fileName, reason: "\(error)")
        }
    }
}

/// The fields of a value with many of them, looked at once. A template that names one for each secret would have them
/// all reflected each time.
private struct TemplateFields: MustacheParent {
    private var values: [String: Any] = [:]

    init(of value: Any) {
        for case (let name?, let value) in Mirror(reflecting: value).children {
            let mirror = Mirror(reflecting: value)
            // A field that says nothing is not there.
            values[name] = mirror.displayStyle == .optional ? mirror.children.first?.value : value
        }
    }

    func child(named name: String) -> Any? { values[name] }
}

/// A format of deployable files, and how a value is quoted in it. Templates put in whole values, never parts of one:
/// then nothing that a spec says can change a file's structure.
enum DeployFormat: String, CaseIterable, MustacheContentType {
    /// YAML whose `$` Compose would interpolate.
    case compose = "APIC_COMPOSE"
    /// Lines of `NAME=value`.
    case environment = "APIC_ENVIRONMENT"
    /// YAML or JSON that is taken as it is.
    case yaml = "APIC_YAML"
    /// Units of systemd.
    case unit = "APIC_UNIT"

    /// Makes the formats known to the template library; again is harmless.
    static func register() {
        for format in allCases { MustacheContentTypes.register(format, named: format.rawValue) }
    }

    func escapeText(_ text: String) -> String {
        switch self {
        case .compose: Self.quotedForCompose(text)
        case .environment: Self.quotedForEnvironment(text)
        case .yaml: Self.quotedForYAML(text)
        case .unit: Self.quotedForUnit(text)
        }
    }

    /// A double-quoted YAML scalar: every text has one, whatever it begins with or looks like.
    static func quotedForCompose(_ text: String) -> String {
        quotedForYAML(text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$"))
    }

    /// A double-quoted YAML scalar that keeps `$` for Compose to interpolate.
    static func quotedForYAML(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case " "..."~": quoted.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x100: quoted += "\\x" + hexadecimal(scalar.value, digitCount: 2)
            case _ where scalar.value < 0x1_0000: quoted += "\\u" + hexadecimal(scalar.value, digitCount: 4)
            default: quoted += "\\U" + hexadecimal(scalar.value, digitCount: 8)
            }
        }
        return quoted + "\""
    }

    /// In double quotes, where `%` and `$` mean nothing.
    static func quotedForUnit(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "%", "$": quoted += "\(scalar)\(scalar)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// A plain word where that is enough, since not every reader of such files knows quotes; else in single quotes,
    /// where little is special; else in double quotes with escapes.
    static func quotedForEnvironment(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", ":", "/", ",", "@", "%", "+", "[", "]": true
            default: false
            }
        }
        if plain { return text }
        if text.unicodeScalars.allSatisfy({ $0 != "'" && $0 != "\\" && $0.value >= 0x20 }) { return "'\(text)'" }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\", "$": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hexadecimal(_ value: UInt32, digitCount: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: digitCount - digits.count) + digits
    }
}
