"""Clients that mean well: with an upstream that does, and with one that does not."""

import re, socket, time, zlib

from wire import KEY, STATUS_LINE, Bad, Ended, Reader, filling, pieces, reset, value

LIFE = {"v1": 404, "v2": 410, "v3": 200, "v4": 200, "v5": 404, "v6": 404}
SIZES = [0, 0, 1, 10, 1000, 8191, 8192, 8193, 20000, 65535, 65536, 70000, 300000]


class WellBehaved:
    """One client with a connection that it keeps; knows the one right answer to each of its requests."""

    def __init__(self, storm, dice, number):
        self.storm, self.dice, self.number, self.made, self.sock = storm, dice, number, 0, None

    def run(self):
        while not self.storm.is_over.is_set():
            try:
                if not self.sock or self.dice.random() < 0.02:
                    self.hang_up()
                    self.sock = self.storm.connect()
                    self.reader = Reader(self.sock)
                self.ask_several() if self.dice.random() < 0.15 else self.ask()
            except Exception as error:
                self.storm.fail("a well-behaved client: %s: %r" % (getattr(self, "doing", "connects"), error))
                self.hang_up()
        self.hang_up()

    def hang_up(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def ask_several(self):
        """Pipelined."""
        requests = [self.make(is_pipelined=True) for _ in range(self.dice.randrange(2, 8))]
        self.doing = "pipelines %s" % [r["doing"] for r in requests]
        self.send_split(b"".join(r["head"] + r["body"] for r in requests))
        for request in requests:
            self.check(request)

    def ask(self):
        request = self.make()
        self.doing = request["doing"]
        if request["expects"]:
            self.sock.sendall(request["head"])
            first = self.reader.line(STATUS_LINE)
            if first.group(1) == b"503" and self.storm.options.lag:
                # Turned away before it sent its body, which it keeps.
                return self.hang_up()
            if first.group(1) != b"100":
                raise Bad("no 100: %r" % first.group(0))
            self.reader.fields()
            self.send_split(request["body"])
        else:
            self.send_split(request["head"] + request["body"])
        self.check(request)

    def send_split(self, data):
        if len(data) > 20000 or self.dice.random() < 0.7:
            return self.sock.sendall(data)
        for piece in pieces(self.dice, data, 6):
            self.sock.sendall(piece)
            self.dice.random() < 0.3 and time.sleep(0.002)

    def make(self, is_pipelined=False):
        dice = self.dice
        self.made += 1
        token = "t%d-%d-%08x" % (self.number, self.made, dice.getrandbits(32))
        api = dice.choice(["good"] * 6 + ["key"] * 4 + ["small", "limited", "life", "static", "dead", "nowhere", "no"])
        version = dice.choice(list(LIFE)) if api == "life" else "v1"
        method = dice.choice(["POST", "PUT"] if api == "small" else ["GET", "GET", "POST", "PUT", "DELETE", "HEAD"])
        has_body = method in ("POST", "PUT")
        size = dice.choice(SIZES) if not is_pipelined else dice.choice([0, 10, 1000])
        body = filling("b" + token, dice.choice(SIZES[:6] if is_pipelined else SIZES)) if has_body else b""
        fields, status = ["Host: storm.test", "X-Token: " + token], 200
        path = "/%s/%s/%s" % (api, version, token)
        if api == "key":
            is_known = dice.random() < 0.8
            fields.append("apikey: " + (KEY if is_known else "wrong"))
            status = 200 if is_known else 401
        elif api == "small" and len(body) > 65536:
            status = 413
        elif api in ("dead", "nowhere"):
            status = 503
        elif api == "life":
            status = LIFE[version]
        elif api == "no":
            status = 404
        path += "?size=%d&as=%s" % (size, dice.choice(["length", "chunked"]))
        expects = False
        if has_body:
            fields.append("X-Sum: %d.%d" % (len(body), zlib.crc32(body)))
            expects = not is_pipelined and api == "good" and len(body) > 0 and dice.random() < 0.1
            if expects:
                fields.append("Expect: 100-continue")
            if status != 413 and dice.random() < 0.4:
                fields.append("Transfer-Encoding: chunked")
                body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces(dice, body, 9)) + b"0\r\n\r\n"
            else:
                fields.append("Content-Length: %d" % len(body))
        dice.shuffle(fields)
        head = "%s %s HTTP/1.1\r\n%s\r\n\r\n" % (method, path, "\r\n".join(fields))
        whole = b"" if method == "HEAD" else filling(token, size)
        return dict(token=token, api=api, method=method, path=path, status=status, head=head.encode(), body=body,
                    whole=whole, expects=expects, doing="%s %s -> %d" % (method, path, status))

    def check(self, request):
        status, fields, body = self.reader.answer(request["method"])
        self.storm.count("well-behaved: %d" % status)
        if len(request["body"]) > 200000 and not value(fields, "X-Good"):
            # The rest of a large body that nobody wants is not read for ever.
            self.hang_up()
        elif value(fields, "Connection"):
            raise Bad("closes: %d %r" % (status, fields))
        if request["api"] == "limited" and status == 429 or self.storm.is_overload(request, status, body):
            return
        if status != request["status"]:
            raise Bad("status %d, body %r" % (status, body[:200]))
        if status != 200 or request["api"] == "static":
            return
        if value(fields, "X-Echo") != request["token"] or value(fields, "X-Secret"):
            raise Bad("somebody else's answer: %r" % fields)
        is_whole = body[:len(request["whole"])] == request["whole"]
        if request["method"] in ("POST", "PUT"):
            sum_ = re.search(rb"X-Sum: ([0-9]+)\.([0-9]+)", request["head"])
            rest = body[len(request["whole"]):]
            is_whole = is_whole and (len(rest), zlib.crc32(rest)) == (int(sum_.group(1)), int(sum_.group(2)))
        elif len(body) != len(request["whole"]):
            is_whole = False
        if not is_whole:
            raise Bad("another body: %d bytes %r" % (len(body), body[:80]))


def ask_wild(storm, dice, number):
    made = 0
    while not storm.is_over.is_set():
        made += 1
        token = "w%d-%d-%08x" % (number, made, dice.getrandbits(32))
        api = dice.choice(["wild", "half", "half"])
        method = dice.choice(["GET", "HEAD", "POST", "PUT", "PUT", "DELETE"])
        body = filling("b" + token, dice.choice(SIZES)) if method in ("POST", "PUT") else b""
        framing = "Content-Length: %d" % len(body) if dice.random() < 0.8 else "Transfer-Encoding: chunked"
        if framing.startswith("T"):
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        head = "%s /%s/v1/%s?size=%d HTTP/1.1\r\nHost: storm.test\r\nX-Token: %s\r\n%s\r\n\r\n" % (
            method, api, token, dice.choice(SIZES), token, framing if method in ("POST", "PUT")
            else dice.choice(["X-N: 1", "Connection: upgrade\r\nUpgrade: websocket"]))
        start, sock = time.monotonic(), None
        try:
            sock = storm.connect(dice.choice([None, 4096]))
            sock.sendall(head.encode())
            dice.random() < 0.3 and time.sleep(0.01)
            sock.sendall(body)
            status, fields, _ = Reader(sock).answer(method)
            storm.count("in bad company: %d" % status)
            if value(fields, "X-Good") and value(fields, "X-Echo") != token:
                storm.fail("somebody else's answer to %s: %r" % (token, fields))
            if api == "half" and not value(fields, "X-Good") and not value(fields, "X-Wild") and status < 500:
                storm.fail("an answer from nobody to %s: %d %r" % (token, status, fields))
        except socket.timeout:
            storm.fail("no end after %d s: %r" % (time.monotonic() - start, head))
        except Bad as bad:
            storm.fail("a client got bytes that are no answer: %s to %r" % (bad, head))
        except (Ended, OSError):
            storm.count("in bad company: cut")
        if sock:
            (reset if dice.random() < 0.2 else socket.socket.close)(sock)
