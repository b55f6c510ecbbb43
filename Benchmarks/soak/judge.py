"""What was right and what was wrong, and whether memory and descriptors grow."""
import collections, sys, time


class Wrong(Exception):
    """An answer that may not be."""


class Judge:
    COMPLAINTS_MAX = 20

    def __init__(self):
        self.counts = collections.Counter()
        self.complaints = []
        self.bundle = None               # the letter that all workers serve
        self.reloads = 0                 # odd while one is under way
        self.reload_seconds = []

    def right(self, what):
        self.counts[what] += 1

    def wrong(self, what, complaint):
        self.counts["wrong"] += 1
        if len(self.complaints) < self.COMPLAINTS_MAX:
            self.complaints.append(f"{what}: {complaint}")
            print(f"soak: WRONG, {what}: {complaint}", file=sys.stderr, flush=True)

    def settled_bundle(self):
        """The bundle that answers now must come from, and the number of its reload; None while one is under way."""
        return (self.bundle, self.reloads) if self.reloads % 2 == 0 else (None, self.reloads)


class Growth:
    """Samples of one figure, and the straight line through those behind the warm-up."""

    def __init__(self, name, allowed):
        self.name, self.allowed = name, allowed
        self.samples = []

    def add(self, value):
        self.samples.append((time.monotonic(), value))

    def behind(self, warm_up):
        start = self.samples[0][0] + warm_up
        return [(at - start, value) for at, value in self.samples if at >= start]

    def verdict(self, warm_up):
        """-> whether it holds, and a line for people."""
        points = self.behind(warm_up)
        if len(points) < 10:
            return False, f"{self.name}: too few samples"
        mean_at = sum(at for at, _ in points) / len(points)
        mean = sum(value for _, value in points) / len(points)
        slope = (sum((at - mean_at) * (value - mean) for at, value in points)
                 / sum((at - mean_at) ** 2 for at, _ in points))
        grown = slope * (points[-1][0] - points[0][0])
        quarter = len(points) // 4
        first = sorted(value for _, value in points[:quarter])[quarter // 2]
        last = sorted(value for _, value in points[-quarter:])[quarter // 2]
        line = (f"{self.name}: median of the first quarter {first:.1f}, of the last {last:.1f}, "
                f"line {slope * 3600:+.2f} an hour, {grown:+.2f} in all (allowed {self.allowed})")
        return min(grown, last - first) <= self.allowed, line
