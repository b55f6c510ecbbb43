"""What gateways are measured at, and what they are asked."""
import json, subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.programs import PORT, ROOT, Child, find

UPSTREAM_PORT = PORT + 1
STATUS_PORT = PORT + 10              # where gateway-case puts it
KEY = "benchmark-key"
SUNSET, DEPRECATION = "Fri, 31 Dec 2027 23:59:59 GMT", "@1735689599"
STATIC_BODY = '{"status":"ok"}'
UPSTREAM_BODY = "x" * 1024


@dataclass(frozen=True)
class Case:
    name: str
    what: str
    wanted: float                     # of the better peer's CPU time per request
    prefixes: tuple = ("/v1/orders/",)
    is_static: bool = False
    has_policy: bool = False
    is_secure: bool = False
    is_http2: bool = False

    @property
    def body(self):
        return STATIC_BODY if self.is_static else UPSTREAM_BODY

    @property
    def is_relayed(self):
        """Whether a relay that knows no HTTP can stand in for a gateway."""
        return not (self.is_static or self.is_secure or self.is_http2)

    @property
    def scheme(self):
        return "https" if self.is_secure else "http"

    @property
    def path(self):
        return f"{self.prefixes[len(self.prefixes) // 2]}1"

    def url(self, port=PORT, path=None):
        return f"{self.scheme}://127.0.0.1:{port}{path or self.path}"

    def describe(self, folder, port=PORT, upstream=UPSTREAM_PORT):
        """The files that `gateway-case` reads."""
        policy = self.has_policy
        (folder / "case.json").write_text(json.dumps({
            "case": self.name, "listen": f"127.0.0.1:{port}", "prefix_file": "routes.txt",
            "upstream": None if self.is_static else f"127.0.0.1:{upstream}",
            "static_body": STATIC_BODY if self.is_static else None,
            "tls": self.is_secure, "cert": "cert.pem", "key": "key.pem", "h2c": self.is_http2,
            "api_key_header": "apikey" if policy else None, "api_key": KEY if policy else None,
            "rate_limit_per_client_per_second": 10_000_000 if policy else None,
            "response_headers": {"Deprecation": DEPRECATION, "Sunset": SUNSET} if policy else {},
            "request_id_header_to_upstream": "X-Request-Id" if policy else None}))
        routes = () if self.is_static else self.prefixes
        (folder / "routes.txt").write_text("".join(prefix + "\n" for prefix in routes))


CASES = {case.name: case for case in [
    Case("static", "answers 200 with a small JSON body itself", 0.90, is_static=True),
    Case("proxy", "sends `/v1/orders/` to the upstream, 404 for the rest", 0.75),
    Case("policy", "proxy, and: key, rate limit per client, `Deprecation` and `Sunset`, a fresh `X-Request-Id`", 0.70,
         has_policy=True),
    Case("routes10k", "ten thousand prefixes, uniformly random requests", 0.70,
         prefixes=tuple(f"/svc{index}/v1/resource/" for index in range(10_000))),
    Case("tls", "proxy over TLS 1.3, P-256, AES-128-GCM, keep-alive", 0.85, is_secure=True),
    Case("h2", "proxy, HTTP/2 from clients in cleartext, 16 connections of 16 streams", 1.00, is_http2=True),
]}


def nginx_configuration(folder, http, connections=4096):
    """A frame around an `http` block: one worker, no log, everything in the folder. -> the command"""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;\n"
        f"worker_rlimit_nofile {2 * connections + 100};\nevents {{ worker_connections {connections}; }}\n"
        f"http {{ access_log off; keepalive_requests 1000000000; variables_hash_max_size 4096;\n{temporary}{http}}}\n")
    return [find("nginx"), "-p", folder, "-c", folder / "nginx.conf"]


def upstream(folder, cpus=None, port=UPSTREAM_PORT):
    """nginx answering everything with 1 KiB."""
    folder = Path(folder) / "upstream"
    folder.mkdir(exist_ok=True)
    command = nginx_configuration(
        folder, f"server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200 '{UPSTREAM_BODY}'; }} }}\n")
    return Child(command, folder / "output", cpus)


def apic_command(case, folder, port=PORT, workers=1):
    """Builds the case's bundle. -> the command of the gateway, and its environment"""
    case.describe(folder, port)
    subprocess.run([ROOT / "Benchmarks" / "gateway-case", "--prepare", folder], check=True)
    environment = {"BENCH_API_KEY": KEY if case.has_policy else ""}
    return [find("apic-gateway"), folder / "bundle", "--workers", workers], environment
