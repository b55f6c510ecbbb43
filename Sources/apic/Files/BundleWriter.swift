internal import Foundation
package import GatewayEmitters
internal import Glibc

/// Puts a bundle into a folder: all of it or nothing.
///
/// Everything is first written beside what is there, in a staging folder. Only then are files renamed in, the table
/// last, since that is what gateways watch. If a rename fails, those before it are undone. The folder itself stays the
/// same one (its inode is what containers mount), and files that no build wrote are neither replaced nor removed.
package struct BundleWriter {
    private static let stagingPrefix = ".apic-build-"
    private static let manifestByteCountMax = 64 << 20

    /// A step that can be undone.
    private enum Step {
        case replaced(String, kept: String)
        case added(String)
        case removed(String, kept: String)
    }

    private let path: String
    private let lockWaitSeconds: Int

    /// - Parameters:
    ///   - path: the bundle's folder, made if it is missing.
    ///   - lockWaitSeconds: how long to wait for another build into this folder.
    package init(path: String, lockWaitSeconds: Int = 5) {
        self.path = path
        self.lockWaitSeconds = lockWaitSeconds
    }

    /// - Parameter artifacts: in the order in which they are to appear.
    package func write(_ artifacts: [Artifact]) throws(FileFailure) {
        let folder = try Folder(making: path)
        try folder.lock(waiting: lockWaitSeconds)
        removeLeftovers(in: folder)
        let previous = previousPaths(in: folder)
        for artifact in artifacts { try check(artifact, in: folder, previous) }

        let staging = "\(Self.stagingPrefix)\(getpid())"
        try folder.makeFolder(staging)
        defer { remove(staging: staging, in: folder) }
        for (index, artifact) in artifacts.enumerated() {
            do {
                try folder.write(artifact.bytes, to: "\(staging)/new-\(index)")
            } catch {
                throw FileFailure("\(error) (`\(artifact.path)`); what was there is unchanged")
            }
        }
        let current = Set(artifacts.map(\.path))
        let stale = previous.subtracting(current).sorted().filter { folder.kind(of: $0) == .file }
        try Interruptions.deferring { () throws(FileFailure) in
            try commit(artifacts, removing: stale, in: folder, staging)
        }
        folder.synchronise()
    }

    private func commit(
        _ artifacts: [Artifact],
        removing stale: [String],
        in folder: borrowing Folder,
        _ staging: String
    ) throws(FileFailure) {
        var done: [Step] = []
        do {
            for (index, artifact) in artifacts.enumerated() {
                // Manifest and table come last; what the new ones no longer list goes before them.
                if artifact.path == Bundle.manifestPath {
                    for (index, path) in stale.enumerated() {
                        let kept = "\(staging)/stale-\(index)"
                        try folder.rename(path, to: kept)
                        done.append(.removed(path, kept: kept))
                    }
                }
                try Self.place(artifact.path, index, in: folder, staging, &done)
            }
        } catch {
            for step in done.reversed() { Self.undo(step, in: folder) }
            throw FileFailure("\(error); what was there is unchanged")
        }
        for path in stale {
            var rest = path[...]
            while let slash = rest.lastIndex(of: "/") {
                rest = rest[..<slash]
                folder.removeIfEmpty(String(rest))
            }
        }
    }

    private static func place(
        _ path: String,
        _ index: Int,
        in folder: borrowing Folder,
        _ staging: String,
        _ done: inout [Step]
    ) throws(FileFailure) {
        if let slash = path.lastIndex(of: "/") {
            let parent = String(path[..<slash])
            for end in parent.indices where parent[end] == "/" {
                let above = String(parent[..<end])
                if folder.kind(of: above) == .missing { try folder.makeFolder(above) }
            }
            if folder.kind(of: parent) == .missing { try folder.makeFolder(parent) }
        }
        let kept = "\(staging)/old-\(index)"
        let isNew = folder.kind(of: path) == .missing
        if !isNew { try folder.keep(path, as: kept) }
        try folder.rename("\(staging)/new-\(index)", to: path)
        done.append(isNew ? .added(path) : .replaced(path, kept: kept))
    }

    private static func undo(_ step: Step, in folder: borrowing Folder) {
        switch step {
        case .replaced(let path, let kept), .removed(let path, let kept): try? folder.rename(kept, to: path)
        case .added(let path): try? folder.remove(path)
        }
    }

    /// Refuses to replace what no build of ours wrote.
    private func check(
        _ artifact: Artifact,
        in folder: borrowing Folder,
        _ previous: Set<String>
    ) throws(FileFailure) {
        precondition(Self.isInside(artifact.path), "an artifact outside the bundle")
        let path = "\(folder.path)/\(artifact.path)"
        if let slash = artifact.path.lastIndex(of: "/") {
            let parent = String(artifact.path[..<slash])
            switch folder.kind(of: parent) {
            case .missing, .folder: break
            case .file, .other: throw FileFailure("`\(folder.path)/\(parent)` is in the way: it must be a folder")
            }
        }
        switch folder.kind(of: artifact.path) {
        case .missing: return
        case .folder, .other: throw FileFailure("`\(path)` is in the way: it is not a regular file")
        case .file:
            guard !previous.contains(artifact.path) else { return }
            if artifact.isCopy {
                guard (try? folder.read(artifact.path, byteCountMax: artifact.bytes.count + 1)) != artifact.bytes else {
                    return
                }
                throw FileFailure("`\(path)` is in the way of a copy, and is another file")
            }
            let beginning = try folder.read(artifact.path, byteCountMax: 256)
            guard !Self.isOurs(beginning, artifact) else { return }
            throw FileFailure("`\(path)` was not written by apic; move it, or name another folder with `-o`")
        }
    }

    /// Whether a file that no manifest lists looks like one of a build that was cut short.
    private static func isOurs(_ beginning: [UInt8], _ artifact: Artifact) -> Bool {
        let mark =
            switch artifact.path {
            case _ where Bundle.isTable(artifact.path): Array("APIB".utf8)
            case Bundle.manifestPath: Array("{\n  \"manifest\": 1,".utf8)
            default: Array(Bundle.generatedMark.utf8)
            }
        return beginning.starts(with: mark)
    }

    /// The files that the previous build wrote, by its manifest. A manifest is somebody's file, too: what it says may
    /// not lead out of the folder.
    private func previousPaths(in folder: borrowing Folder) -> Set<String> {
        struct Manifest: Decodable {
            struct Entry: Decodable { var path: String }
            var artifacts: [Entry]
        }
        guard folder.kind(of: Bundle.manifestPath) == .file,
            let bytes = try? folder.read(Bundle.manifestPath, byteCountMax: Self.manifestByteCountMax),
            let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes))
        else { return [] }
        var paths = Set(manifest.artifacts.map(\.path).filter(Self.isInside))
        paths = paths.filter { path in
            guard let slash = path.lastIndex(of: "/") else { return true }
            return folder.kind(of: String(path[..<slash])) == .folder
        }
        return paths.union([Bundle.manifestPath])
    }

    /// Whether a path stays in the folder: at most as deep as a copy for a single node is, no name that is special.
    private static func isInside(_ path: String) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        return (1...4).contains(names.count)
            && names.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }
    }

    /// Staging folders of builds that were killed: whoever holds the lock knows that nobody uses them.
    private func removeLeftovers(in folder: borrowing Folder) {
        for name in folder.names(in: ".") where name.hasPrefix(Self.stagingPrefix) && folder.kind(of: name) == .folder {
            remove(staging: name, in: folder)
        }
    }

    private func remove(staging: String, in folder: borrowing Folder) {
        for name in folder.names(in: staging) { try? folder.remove("\(staging)/\(name)") }
        folder.removeIfEmpty(staging)
    }
}
