internal import Foundation

/// A wall clock that a test sets while a program runs. It is preloaded into the program, since a test cannot set the
/// clock of the machine; the monotonic clock stays the kernel's.
package final class ShiftedClock {
    private static let shim = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>
        static int64_t shift(void) {
            static volatile int64_t *seconds;
            if (!seconds) {
                const int file = open(getenv("CLOCK_SHIFT"), O_RDONLY | O_CLOEXEC);
                seconds = mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
                close(file);
            }
            return *seconds;
        }
        int clock_gettime(clockid_t clock, struct timespec *now) {
            const int code = syscall(SYS_clock_gettime, clock, now);
            if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += shift();
            return code;
        }
        time_t time(time_t *result) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }
        int gettimeofday(struct timeval *restrict result, void *restrict zone) {
            struct timespec now;
            (void)zone;
            clock_gettime(CLOCK_REALTIME, &now);
            *result = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
            return 0;
        }
        """

    private let folder: ScratchFolder

    /// Where `environment` may be given to any number of programs.
    package var environment: [String: String] {
        ["LD_PRELOAD": folder.path + "/shim.so", "CLOCK_SHIFT": folder.path + "/shift"]
    }

    package init() throws {
        folder = try ScratchFolder()
        try folder.write(ShiftedClock.shim, to: "shim.c")
        // It comes with Swift.
        let made = try Program(at: "/usr/bin/env").run(
            ["clang", "-shared", "-fPIC", "-O1", "-o", "shim.so", "shim.c"],
            in: folder.url,
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        )
        guard made.status == 0 else { throw WireError("clang: \(made.errors)") }
        try set(seconds: 0)
    }

    /// Sets the clock, so many seconds from the true time.
    package func set(seconds: Int) throws {
        // In place: the file is mapped.
        let file = open(folder.path + "/shift", O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        guard withUnsafeBytes(of: Int64(seconds), { pwrite(file, $0.baseAddress, 8, 0) }) == 8 else {
            throw WireError("cannot set the clock")
        }
    }
}
