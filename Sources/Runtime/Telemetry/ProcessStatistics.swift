internal import CPlatform
internal import Glibc

/// What the system says of this process.
struct ProcessStatistics {
    var cpuMicroseconds: UInt64 = 0
    var residentByteCount: UInt64 = 0
    var openDescriptorCount: UInt64 = 0
    var descriptorCountMax: UInt64 = 0

    static func read() -> ProcessStatistics {
        var statistics = ProcessStatistics()
        var usage = rusage()
        if unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            for time in [usage.ru_utime, usage.ru_stime] {
                statistics.cpuMicroseconds += UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_usec)
            }
        }
        // The second number is the resident pages.
        let memory = SmallFile.text("/proc/self/statm")?.split(separator: " ") ?? []
        if memory.count > 1 {
            statistics.residentByteCount = (UInt64(memory[1]) ?? 0) * UInt64(sysconf(Int32(_SC_PAGESIZE)))
        }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            statistics.descriptorCountMax = UInt64(limit.rlim_cur)
        }
        statistics.openDescriptorCount = descriptorCount()
        return statistics
    }

    private static func descriptorCount() -> UInt64 {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count: UInt64 = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Without `.`, `..` and the directory's own.
        return count > 3 ? count - 3 : 0
    }
}

/// Files of the system's that are a line or two.
enum SmallFile {
    private static let byteCountMax = 4_096

    /// The beginning of a file, or `nil` if it cannot be read.
    static func text(_ path: String) -> String? {
        let file = unsafe apic_open_for_reading(path)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: byteCountMax)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}
