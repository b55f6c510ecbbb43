"""Programs under test: where they are, how they are started and ended, and what /proc says about them."""
import os, re, shutil, signal, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
# The first of a dozen ports in a row; another one where these are taken.
PORT = int(os.environ.get("BENCH_PORT", "18080"))


def find(name):
    """A program of the release build, else one of the system."""
    override = os.environ.get(name.upper().replace("-", "_"))
    built = ROOT / ".build" / "release" / name
    path = override or (str(built) if os.access(built, os.X_OK) else shutil.which(name, path=SYSTEM_PATH))
    if path is None:
        sys.exit(f"{Path(sys.argv[0]).name}: there is no {name}; `make build` and `scripts/setup bench` bring it")
    return path


def compiled(name):
    """A C program of this folder, compiled when it is needed."""
    source, built = ROOT / "Benchmarks" / f"{name}.c", ROOT / ".build" / name
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        subprocess.run([find("cc"), "-O2", source, "-lm", "-o", built], check=True)
    return built


class Child:
    """A program in a session of its own, on given CPUs; ended with its process group."""

    def __init__(self, command, output, cpus=None, environment=None, nice=0):
        def prepare():
            if cpus is not None:
                os.sched_setaffinity(0, cpus)
            if nice:
                os.nice(nice)
        with open(output, "ab") as sink:
            self.process = subprocess.Popen([str(word) for word in command], stdout=sink, stderr=sink,
                                            stdin=subprocess.DEVNULL, start_new_session=True,
                                            preexec_fn=prepare if cpus is not None or nice else None,
                                            env={**os.environ, **(environment or {})})
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self, number=signal.SIGTERM, patience=10):
        """Ends the group; -> its first process's exit status."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            return self.process.wait()

    def is_running(self):
        return self.process.poll() is None

    def pids(self):
        """The processes of its session: masters and workers alike."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(name)) == self.pid:
                    found.append(int(name))
            except ProcessLookupError:
                pass
        return found

    def cpu_seconds(self):
        """User and system time of all its threads, from the scheduler's own count in nanoseconds."""
        return sum(cpu_seconds(pid) for pid in self.pids())

    def pss_bytes(self):
        """Memory with shared pages counted once."""
        text = "".join(Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.pids())
        return sum(map(int, re.findall(r"^Pss:\s+(\d+)", text, re.M))) * 1024

    def rss_bytes(self):
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def cpu_seconds(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    return total / 1e9


def eventually(condition, seconds, complaint):
    """Asks until it is so; -> what the condition said."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            sys.exit(f"{Path(sys.argv[0]).name}: {complaint}")
        time.sleep(0.01)


def make_certificate(folder):
    """A self-signed P-256 certificate for localhost: cert.pem and key.pem."""
    subprocess.run([find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "365", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
