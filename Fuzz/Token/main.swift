// Tokens, JSON and sets of keys, against the gateway's own readers. Nothing may trap or leak; what is read well-formed
// is the same when it is read again.

import FuzzDriver
import Glibc
import Tokens

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv

/// Every value once, by the links between them.
func walk(_ tree: borrowing JSONTree, _ index: UInt32, depth: Int) -> Int {
    precondition(depth <= JSONTree.depthMax + 1, "deeper than the bound")
    var total = tree.bytes(index).count + tree.nameBytes(index).count
    var child = tree[index].child
    while child != 0 {
        total += walk(tree, child, depth: depth + 1)
        child = tree[child].next
    }
    return total
}

exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        guard size > 1, let data else { return 0 }
        let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
        switch data[0] % 3 {
        case 0:
            var reader = TokenReader()
            guard reader.read(bytes) == .none else { return 0 }
            precondition(reader.signedCount < bytes.count && !reader.signature.isEmpty)
            _ = walk(reader.header, 0, depth: 0) + walk(reader.claims, 0, depth: 0)
            precondition(reader.readClaims(bytes), "the claims are not read again")
        case 1:
            var tree = JSONTree(byteCountMax: 65_536, nodeCountMax: 512)
            guard tree.read(bytes) else { return 0 }
            precondition(walk(tree, 0, depth: 0) <= bytes.count)
        default: _ = WebKeys.set(bytes)
        }
        return 0
    }
)
