"""Serves a folder over HTTP, with entity tags; over TLS with clients' certificates if it is told so.

    bundle_server.py FOLDER [CERTIFICATE KEY CLIENT-AUTHORITY PORT]

Port 0 is any. Prints its port, then a line for each request: `STATUS PATH CLIENT`.
"""

import hashlib
import http.server
import pathlib
import ssl
import sys
import threading

folder = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = folder / self.path.lstrip("/")
        try:
            body = path.read_bytes()
        except OSError:
            return self.answer(404, b"", None)
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if self.headers.get("If-None-Match") == tag:
            return self.answer(304, None, tag)
        self.answer(200, body, tag)

    def answer(self, status, body, tag):
        self.send_response(status)
        if tag:
            self.send_header("ETag", tag)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:
            self.wfile.write(body)
        client = "-"
        if isinstance(self.connection, ssl.SSLSocket):
            subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
            client = subject["commonName"]
        print(status, self.path, client, flush=True)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        print("refused - -", flush=True)


port = int(sys.argv[5]) if len(sys.argv) > 5 else 0
server = Server(("127.0.0.1", port), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    context.load_verify_locations(sys.argv[4])
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
# A test that was killed leaves nothing behind for long.
threading.Timer(600, server.shutdown).start()
server.serve_forever()
