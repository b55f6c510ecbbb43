"""The gateways that are compared, each configured for a case in its own fast way."""
import re, subprocess

from bench.cases import (CASES, DEPRECATION, KEY, PORT, STATIC_BODY, SUNSET, UPSTREAM_PORT, apic_command,
                         nginx_configuration)
from bench.programs import compiled, find, make_certificate


def apic(case, folder):
    return apic_command(case, folder)


def nginx(case, folder):
    http = (f"upstream up {{ server 127.0.0.1:{UPSTREAM_PORT}; keepalive 64; keepalive_requests 1000000000; }}\n"
            "proxy_http_version 1.1; proxy_set_header Connection '';\n")
    options = f"{' ssl' if case.is_secure else ''}{' http2' if case.is_http2 else ''}"
    server = f"listen 127.0.0.1:{PORT}{options} backlog=1024;\n"
    if case.is_secure:
        server += f"ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; ssl_protocols TLSv1.3;\n"
    if case.has_policy:
        http += (f'map $http_apikey $client {{ default ""; {KEY} c1; }}\n'
                 "limit_req_zone $client zone=rate:1m rate=10000000r/s;\n")
        server += ('if ($client = "") { return 401; } limit_req zone=rate burst=1000 nodelay;\n'
                   f'add_header Deprecation "{DEPRECATION}" always; add_header Sunset "{SUNSET}" always;\n'
                   "proxy_set_header Connection ''; proxy_set_header X-Request-Id $request_id;\n")
    if case.is_static:
        server += f"location / {{ default_type application/json; return 200 '{STATIC_BODY}'; }}\n"
    else:
        server += "".join(f"location {prefix} {{ proxy_pass http://up; }}\n" for prefix in case.prefixes)
        server += "location / { return 404; }\n"
    return nginx_configuration(folder, http + f"server {{ {server} }}\n"), {}


def haproxy(case, folder):
    bind = f"127.0.0.1:{PORT}"
    if case.is_secure:
        # HAProxy reads certificate and key from one file.
        (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
        bind += f" ssl crt {folder}/both.pem ssl-min-ver TLSv1.3 alpn http/1.1"
    if case.is_http2:
        bind += " proto h2"
    if case.is_static:
        quoted = STATIC_BODY.replace('"', '\\"')
        front = f'http-request return status 200 content-type application/json string "{quoted}"\n'
    else:
        (folder / "map").write_text("".join(f"{prefix} up\n" for prefix in case.prefixes))
        front = f"use_backend %[path,map_beg({folder}/map)]\ndefault_backend none\n"
    if case.has_policy:
        front = (f"acl known req.hdr(apikey) -m str {KEY}\nhttp-request deny deny_status 401 unless known\n"
                 "stick-table type string len 32 size 1m expire 10s store http_req_rate(1s)\n"
                 "http-request track-sc0 req.hdr(apikey)\n"
                 "http-request deny deny_status 429 if { sc_http_req_rate(0) gt 10000000 }\n"
                 "http-request set-header X-Request-Id %[uuid()]\n"
                 f'http-response set-header Deprecation "{DEPRECATION}"\n'
                 f'http-response set-header Sunset "{SUNSET}"\n') + front
    (folder / "haproxy.cfg").write_text(
        "global\nnbthread 1\nmaxconn 4096\nssl-server-verify none\n"
        "defaults\nmode http\ntimeout connect 1s\ntimeout client 60s\n"
        f"timeout server 60s\nfrontend in\nbind {bind}\n{front}"
        f"backend up\nhttp-reuse always\nserver a 127.0.0.1:{UPSTREAM_PORT}\n"
        "backend none\nhttp-request deny deny_status 404\n")
    return [find("haproxy"), "-db", "-f", folder / "haproxy.cfg"], {}


def relay(case, folder):
    """No gateway, but what each of them pays at least."""
    return [compiled("relay"), PORT, UPSTREAM_PORT], {}


GATEWAYS = {"apic": apic, "nginx": nginx, "haproxy": haproxy}
PEERS = ["nginx", "haproxy"]
FLOOR = "relay"
COMMANDS = {**GATEWAYS, FLOOR: relay}


def prepare(name, case, folder):
    """Configures a gateway. -> its command and what its environment needs"""
    folder.mkdir(exist_ok=True)
    if case.is_secure:
        make_certificate(folder)
    return COMMANDS[name](case, folder)


def versions():
    """What is compared, in words."""
    def ask(*command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        return re.search(r"\d+\.\d+(\.\d+)?[-+~.\w]*", done.stdout + done.stderr)[0]
    return {"apic-gateway": ask(find("apic-gateway"), "--version"), "nginx": ask(find("nginx"), "-v"),
            "HAProxy": ask(find("haproxy"), "-v")}


__all__ = ["CASES", "FLOOR", "GATEWAYS", "PEERS", "prepare", "versions"]
