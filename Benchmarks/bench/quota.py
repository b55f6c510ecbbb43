"""A part of a processor for one program, by a control group: it must be root's."""
import os, sys
from pathlib import Path

PERIOD_MICROSECONDS = 5_000
# Of version 1 and of version 2.
V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


class Quota:
    """A control group that runs for a share of each 5 ms. No group for a share of 1."""

    def __init__(self, share):
        self.folder = None
        if share >= 1:
            return
        folder = (V1 if (V1 / "cgroup.procs").exists() else V2) / f"apic-bench-{os.getpid()}"
        quota = max(int(share * PERIOD_MICROSECONDS), 1_000)
        try:
            folder.mkdir()
            self.folder = folder
            if folder.parent == V1:
                (folder / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
                (folder / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (folder / "cpu.max").write_text(f"{quota} {PERIOD_MICROSECONDS}")
        except OSError as error:
            self.remove()
            sys.exit(f"quota: {folder} cannot be made a control group with a bound on CPU time: {error.strerror}; "
                     "run as root where control groups are writable, or leave --quota out")

    def take(self, pid):
        if self.folder:
            (self.folder / "cgroup.procs").write_text(str(pid))

    def remove(self):
        """When the program is gone."""
        if self.folder:
            self.folder.rmdir()
            self.folder = None
