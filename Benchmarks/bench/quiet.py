"""Whether others used a CPU while something was measured on it."""
import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Bystanders:
    """CPU time that others took on a CPU, as a share of the time that passed: `with Bystanders(0, child) as others`."""

    def __init__(self, cpu, *children):
        self.cpu, self.children = cpu, children

    def __enter__(self):
        self.busy, self.all = self.read()
        self.own = sum(child.cpu_seconds() for child in self.children)
        return self

    def __exit__(self, *_):
        busy, everything = self.read()
        own = sum(child.cpu_seconds() for child in self.children) - self.own
        passed = max(everything - self.all, 1e-9)
        self.share = max(0.0, (busy - self.busy - own) / passed)
        self.used = (busy - self.busy) / passed

    def read(self):
        """Seconds that the CPU was busy, time stolen by the hypervisor included; seconds in all."""
        for line in Path("/proc/stat").read_text().splitlines():
            name, *fields = line.split()
            if name == f"cpu{self.cpu}":
                numbers = [int(field) / TICKS for field in fields[:8]]
                return sum(numbers) - numbers[3] - numbers[4], sum(numbers)
        raise ValueError(f"there is no CPU {self.cpu}")
