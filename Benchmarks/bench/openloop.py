"""The open-loop generator."""
import os, subprocess, sys
from pathlib import Path

from bench.cases import PORT
from bench.programs import compiled


def run(path, rate, seconds, cpus, connections=256, warm_up=2, port=PORT, may_shed=False):
    """-> figures by name: `rate`, `p50` … in µs, `late99`: how late the generator itself was; `shedrate`, `shed99` …"""
    done = subprocess.run([compiled("openloop"), str(port), path, str(connections), f"{rate:.1f}", str(seconds),
                           str(warm_up), *(["shed"] if may_shed else [])],
                          capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    if done.returncode != 0:
        sys.exit(f"{Path(sys.argv[0]).name}: {done.stderr}")
    words = done.stdout.split()
    return {name: float(value) for name, value in zip(words[::2], words[1::2])}
