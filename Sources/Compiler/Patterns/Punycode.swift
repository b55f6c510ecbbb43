/// The ASCII form of labels in other scripts (RFC 3492), to tell a user what to write. Only the encoding: mapping and
/// validation of such names (RFC 5891) stay with whoever registers them.
enum Punycode {
    private static let base = 36
    private static let tMin = 1
    private static let tMax = 26
    private static let skew = 38
    private static let damp = 700
    private static let initialBias = 72
    private static let initialN: UInt32 = 128
    private static let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// `xn--` and the encoded label; the label itself if it is ASCII.
    static func aLabel(_ label: String) -> String {
        let scalars = label.unicodeScalars.map(\.value)
        guard scalars.contains(where: { $0 >= initialN }), scalars.count <= 256 else { return label }
        return "xn--" + String(decoding: encoded(scalars), as: UTF8.self)
    }

    private static func encoded(_ scalars: [UInt32]) -> [UInt8] {
        var output = scalars.filter { $0 < initialN }.map { UInt8($0) }
        let basicCount = output.count
        if basicCount > 0 { output.append(UInt8(ascii: "-")) }
        var n = initialN
        var delta = 0
        var bias = initialBias
        var handled = basicCount
        while handled < scalars.count, let next = scalars.filter({ $0 >= n }).min() {
            delta += Int(next - n) * (handled + 1)
            n = next
            for scalar in scalars {
                if scalar < n { delta += 1 }
                guard scalar == n else { continue }
                output += integer(delta, bias: bias)
                bias = adapted(delta, count: handled + 1, isFirst: handled == basicCount)
                delta = 0
                handled += 1
            }
            delta += 1
            n += 1
        }
        return output
    }

    /// A generalised variable-length integer (section 3.3).
    private static func integer(_ value: Int, bias: Int) -> [UInt8] {
        var rest = value
        var result: [UInt8] = []
        var k = base
        while true {
            let threshold = min(max(k - bias, tMin), tMax)
            guard rest >= threshold else { break }
            result.append(digits[threshold + (rest - threshold) % (base - threshold)])
            rest = (rest - threshold) / (base - threshold)
            k += base
        }
        result.append(digits[rest])
        return result
    }

    /// Section 3.4.
    private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damp : delta / 2
        delta += delta / count
        var k = 0
        while delta > (base - tMin) * tMax / 2 {
            delta /= base - tMin
            k += base
        }
        return k + (base - tMin + 1) * delta / (delta + skew)
    }
}
