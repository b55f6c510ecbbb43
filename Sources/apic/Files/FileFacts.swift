internal import CPlatform
internal import Glibc

/// What is at a path.
///
/// By a C function of our own: Swift takes `struct stat` for Glibc's or for Foundation's, as it happens to compile.
struct FileFacts {
    /// What a path leads to.
    enum Kind {
        case file
        case folder
        case link
        case other
    }

    private let facts: apic_file_facts

    /// `nil` if nothing is there.
    init?(_ path: String, followingLinks: Bool = true) {
        var facts = apic_file_facts()
        guard apic_look_at(path, followingLinks ? 1 : 0, &facts) == 0 else { return nil }
        self.facts = facts
    }

    /// Of an open file.
    init?(open descriptor: Int32) {
        var facts = apic_file_facts()
        guard apic_look_at_open(descriptor, &facts) == 0 else { return nil }
        self.facts = facts
    }

    /// Of a name in an open folder; a link is not followed.
    init?(_ name: String, in folder: Int32) {
        var facts = apic_file_facts()
        guard apic_look_in(folder, name, &facts) == 0 else { return nil }
        self.facts = facts
    }

    var kind: Kind {
        switch Int(facts.kind) {
        case apic_kind_file: .file
        case apic_kind_folder: .folder
        case apic_kind_link: .link
        default: .other
        }
    }

    var device: UInt64 { facts.device }
    var inode: UInt64 { facts.inode }
    var byteCount: Int { Int(facts.byte_count) }
    /// Nanoseconds since 1970.
    var modified: Int64 { facts.modified }
    /// Nobody but who runs this may write it.
    var isOwn: Bool { facts.owner == geteuid() && facts.permissions & 0o022 == 0 }
    /// Others than its owner may read it.
    var isExposed: Bool { facts.permissions & 0o044 != 0 }
}
