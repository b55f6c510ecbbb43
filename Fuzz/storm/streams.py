"""Clients of HTTP/2: ones that mean well, with many requests at once on a connection, and ones that mean ill."""

import re, socket, time, zlib

import frames
from clients import WellBehaved
from frames import Session, block, frame, number, pseudo, settings
from wire import PATIENCE, Bad, Ended, pieces, reset


class Streams(WellBehaved):
    """Asks what a client of HTTP/1.1 asks, several at a time on one connection."""

    def run(self):
        session = None
        while not self.storm.is_over.is_set():
            try:
                if not session or session.next_stream > 2000 or self.dice.random() < 0.05:
                    self.hang_up()
                    self.sock = self.storm.connect(protocol="h2")
                    session = Session(self.sock)
                self.ask_at_once(session)
            except Exception as error:
                self.storm.fail("a well-behaved client of HTTP/2: %s: %r" % (getattr(self, "doing", "connects"), error))
                self.hang_up()
                session = None
        self.hang_up()

    def make_stream(self):
        while True:
            request = self.make(is_pipelined=True)
            lines = request["head"].decode().split("\r\n")
            if "Transfer-Encoding: chunked" not in lines:
                break
        fields = [line.split(": ", 1) for line in lines[1:] if line and not line.startswith("Host:")]
        request["fields"] = pseudo(request["method"], request["path"]) + [(n.lower(), v) for n, v in fields]
        return request

    def ask_at_once(self, session):
        """Several requests, their bodies interleaved as windows allow, and every answer checked."""
        waiting = {}
        for _ in range(self.dice.choice([1, 1, 3, 10, 30])):
            request = self.make_stream()
            self.doing = request["doing"]
            stream = session.open(request["fields"], not request["body"])
            waiting[stream] = dict(request, rest=request["body"], status_seen=None, got=b"")
        while waiting:
            for stream, request in waiting.items():
                self.send_some(session, stream, request)
            kind, flags, stream, payload = session.receive()
            if kind == frames.GOAWAY:
                raise Bad("goodbye %r with %d requests waiting" % (payload, len(waiting)))
            request = waiting.get(stream)
            if not request:
                continue
            self.doing = request["doing"]
            if kind == frames.RESET:
                raise Bad("reset with %r" % payload)
            if kind == frames.HEADERS and request["status_seen"] is None:
                status = frames.status_of(payload)
                request["status_seen"] = status if status >= 200 else None
            elif kind == frames.DATA:
                request["got"] += payload
            if kind in (frames.HEADERS, frames.DATA) and flags & frames.END_STREAM:
                del waiting[stream]
                session.windows.pop(stream)
                self.check_stream(request)

    @staticmethod
    def send_some(session, stream, request):
        room = min(session.window, session.windows[stream], 16384)
        if not request["rest"] or room <= 0:
            return
        piece, request["rest"] = request["rest"][:room], request["rest"][room:]
        session.window -= len(piece)
        session.windows[stream] -= len(piece)
        session.sock.sendall(frame(frames.DATA, 0 if request["rest"] else frames.END_STREAM, stream, piece))

    def check_stream(self, request):
        status, body = request["status_seen"], request["got"]
        self.storm.count("well-behaved over HTTP/2: %s" % status)
        if request["api"] == "limited" and status == 429 or self.storm.is_overload(request, status, body):
            return
        if status != request["status"]:
            raise Bad("status %s, body %r" % (status, body[:200]))
        if status != 200 or request["api"] == "static":
            return
        whole = request["whole"]
        sum_ = re.search(rb"X-Sum: ([0-9]+)\.([0-9]+)", request["head"])
        rest = body[len(whole):]
        expected = (int(sum_.group(1)), int(sum_.group(2))) if sum_ else (0, 0)
        if body[:len(whole)] != whole or (len(rest), zlib.crc32(rest)) != expected:
            raise Bad("another body: %d bytes %r" % (len(body), body[:80]))


def hostile(dice, uid):
    """What one hostile client sends behind preface and settings; and how many requests there are in it at most."""
    path = "/%s/v1/h/%s" % (dice.choice(["good", "small/1", "wild", "half", "static", "life"]), uid)
    smuggled = "x\r\n\r\nGET /good/v1/SMUGGLED HTTP/1.1\r\nHost: a\r\n\r\n"
    name, value = dice.choice([
        ("x-a", smuggled), ("x-a\r\nx-b", "1"), ("x:a", "1"), ("transfer-encoding", "chunked"), ("connection", "close"),
        ("content-length", "5"), ("content-length", "+0"), ("host", "b"), ("upgrade", "websocket"), ("te", "gzip"),
        (":path", "/good/v1/SMUGGLED"), (":status", "200"), ("X-A", "1"), ("", "1"), ("x a", "1"), ("x-a", "\0"),
        ("expect", "100-continue"), ("cookie", "a=b"), ("x-a", "y" * 40000), ("content-length", "9" * 30)])
    get, post = pseudo("GET", path), pseudo("POST", path)

    def headers(stream, fields, flags=5):
        return frame(frames.HEADERS, flags, stream, block(fields))

    def many(count, make):
        return b"".join(make(index) for index in range(count)), count

    def valid():
        count = dice.choice([1, 5, 40, 140])
        size = dice.choice([0, 3000, 300000])
        return many(count, lambda n: headers(2 * n + 1, pseudo(dice.choice(["GET", "HEAD"]), path + "?size=%d" % size)))

    def lies():
        sent = dice.choice([b"", b"1234", b"123456"])
        return headers(1, post + [("content-length", "5")], 4) + frame(frames.DATA, 1, 1, sent), 1

    def flood():
        one = dice.choice([
            frame(frames.PING, payload=b"12345678"), settings((4, 70000)), frame(frames.PRIORITY, 0, 3, b"\0\0\0\0\1"),
            frame(frames.WINDOW, 0, 0, number(1)), frame(frames.DATA, 0, 1), frame(0x77, 0, 0, b"abc"),
            frame(frames.SETTINGS, 1), frame(frames.GOAWAY, 0, 0, number(0) * 2)])
        return headers(1, post, 4) + one * dice.choice([10, 1000, 8000]), 1

    def bomb():
        field = b"\x40" + frames.text(b"x-bomb") + frames.text(b"b" * 3000)
        return frame(frames.HEADERS, 5, 1, block(get) + field + b"\xbe" * dice.choice([10, 8000])), 1

    def endless():
        first = frame(frames.HEADERS, 1, 1, block(get))
        return first + frame(frames.CONTINUATION, 0, 1, block([("x-a", "1")])) * dice.choice([3, 7, 8, 500]), 0

    def noise():
        return b"".join(frame(dice.randrange(12), dice.randrange(256), dice.choice([0, 1, 2, 3, 7, 2**31 - 1]),
                              dice.randbytes(dice.choice([0, 1, 4, 5, 8, 9, 50, 16384, 20000])))
                        for _ in range(dice.randrange(1, 30))), 0

    def resets():
        return many(dice.choice([3, 50, 600]), lambda n: headers(2 * n + 1, get)
                    + frame(frames.RESET, 0, 2 * n + 1, number(dice.choice([0, 1, 8]))))

    def padded():
        head = bytes([dice.choice([0, 5, 255])]) + block(get) + bytes(dice.choice([0, 5, 255]))
        return frame(frames.HEADERS, 0xD, 1, head) + headers(3, post, 4) + frame(
            frames.DATA, 9, 3, bytes([dice.choice([0, 3, 200])]) + bytes(dice.choice([0, 10]))), 2

    return dice.choice([
        lambda: (headers(1, get + [(name, value)]), 1), lambda: (headers(1, [(name, value)] + get), 1),
        lambda: (headers(1, post + [(name, value)], 4) + frame(frames.DATA, 1, 1, b"12345"), 1),
        lambda: (headers(1, post, 4) + frame(frames.DATA, 0, 1, b"a") + headers(1, [(name, value)]), 1),
        valid, valid, lies, flood, bomb, endless, noise, resets, padded])()


def mutate_frames(dice, data):
    data = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(data) + 1)
        dice.choice([lambda: data.__setitem__(slice(at, at + 1), dice.randbytes(1)),
                     lambda: data.__delitem__(slice(at, at + dice.randrange(1, 12))),
                     lambda: data.__setitem__(slice(at, at), dice.randbytes(dice.randrange(1, 12)))])()
    return bytes(data)


def attack_streams(storm, dice):
    while not storm.is_over.is_set():
        uid = "%012x" % dice.getrandbits(48)
        data, count = hostile(dice, uid)
        if dice.random() < 0.3:
            # A head that was changed may be taken as another one.
            data, count = mutate_frames(dice, data), count + 8
        with storm.lock:
            storm.allowed[uid] = count
        start = frames.PREFACE + settings((1, dice.choice([0, 0, 4096])), (4, dice.choice([0, 1, 65535, 2**31 - 1])))
        if dice.random() < 0.05:
            start = start[:dice.randrange(len(start))]
            with storm.lock:
                storm.allowed[uid] = 0 if len(start) < len(frames.PREFACE) else count
            data = b"" if len(start) < len(frames.PREFACE) else data
        storm.count("hostile over HTTP/2")
        try:
            with storm.connect(dice.choice([None, None, 2048]), protocol="h2") as sock:
                misbehave(storm, dice, sock, start + data)
        except socket.timeout:
            storm.fail("a hostile connection of HTTP/2 outlived its timeouts: %r" % data[:600])
        except OSError:
            storm.count("hostile over HTTP/2: cut")


def misbehave(storm, dice, sock, data):
    manner = dice.choice(["plain"] * 4 + ["reset", "leave", "deaf", "bytes", "generous"])
    storm.count("hostile over HTTP/2: " + manner)
    if manner == "bytes":
        for index in range(min(len(data), 300)):
            sock.sendall(data[index:index + 1])
        data = data[300:]
    for piece in pieces(dice, data, 4) if data else []:
        sock.sendall(piece)
        dice.random() < 0.2 and time.sleep(dice.random() * 0.02)
    if manner == "reset":
        time.sleep(dice.choice([0, 0.001, 0.02]))
        return reset(sock)
    if manner == "leave":
        return
    if manner == "deaf":
        time.sleep(dice.random() * 6)
    end, count = time.monotonic() + PATIENCE, 0
    while sock.recv(262144):
        count += 1
        if manner == "generous" and count == 200:
            # Whoever takes an answer byte by byte gets it so, and that may last.
            return
        if manner == "generous":
            sock.sendall(frame(frames.WINDOW, 0, 0, number(1000)) + frame(frames.WINDOW, 0, 1, number(1)))
        if time.monotonic() > end:
            raise socket.timeout
