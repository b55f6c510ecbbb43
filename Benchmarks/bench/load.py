"""Closed-loop load: wrk for HTTP/1.1, h2load for HTTP/2."""
import os, re, subprocess, sys
from pathlib import Path

from bench.cases import KEY
from bench.programs import find

# Every gateway then agrees with the client on the same cipher.
OPENSSL = """openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = client
[client]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
"""


def run(case, seconds, folder, cpus, connections=64):
    """-> requests answered. Any that failed ends everything."""
    (folder / "openssl.cnf").write_text(OPENSSL)
    if case.is_http2:
        command = [find("h2load"), "--no-tls-proto=h2c", "-t1", "-c16", "-m16", f"-D{seconds}",
                   "-H", f"apikey: {KEY}", case.url()]
    else:
        script = folder / "wrk.lua"
        # Written before the run: what the load side spends on a request, it cannot offer.
        paths = ", ".join(f'"{prefix}1"' for prefix in case.prefixes)
        script.write_text(
            f"local paths, requests = {{ {paths} }}, {{}}\n"
            'init = function() for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end end\n'
            "request = function() return requests[math.random(#requests)] end\n")
        command = [find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
                   "-H", f"apikey: {KEY}", case.url(path="/")]
    report = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            env={**os.environ, "OPENSSL_CONF": str(folder / "openssl.cnf")},
                            preexec_fn=lambda: os.sched_setaffinity(0, cpus)).stdout
    if case.is_http2:
        counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", report)
        # The last answer may have a status and no end yet, so that one more is counted there.
        wrong = counts is None or counts[2] != "0" or counts[3] != "0" or "2xx, 0 3xx, 0 4xx, 0 5xx" not in report
    else:
        counts = re.search(r"(\d+) requests in", report)
        wrong = counts is None or "Non-2xx" in report or "Socket errors" in report
    if wrong:
        sys.exit(f"{Path(sys.argv[0]).name}: failed requests in case {case.name}:\n{report}")
    return int(counts[1])
