internal import GatewayCompiler
internal import GatewayIR

extension [SourceFile] {
    /// `api.yaml:12:5`: line and column from 1, the column in characters.
    func position(_ origin: Origin) -> String {
        guard Int(origin.file) < count else { return "" }
        let file = self[Int(origin.file)]
        let before = file.bytes.prefix(Int(origin.offset))
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
        return "\(file.path):\(line):\(column)"
    }
}
