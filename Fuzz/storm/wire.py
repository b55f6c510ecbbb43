"""HTTP/1.1 on a wire: a strict reader of messages, the judge of both sides, and what all parts share."""

import re, socket, struct, time

PATIENCE = 15  # Seconds after which a connection has outlived every timeout of api.yaml.
KEY = "a-key-for-storms-only-0123456789abcdef"
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e\x80-\xff]+) HTTP/1\.([0-9])\r\n")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) " + TEXT + rb"*\r\n")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*(" + TEXT + rb"*?)[ \t]*\r\n")
CHUNK = re.compile(rb"([0-9a-fA-F]{1,15})(;" + TEXT + rb"*)?\r\n")


class Bad(Exception):
    """Bytes that a strict parser refuses."""


class Ended(Exception):
    """The peer closed; True if in the middle of something."""


class Reader:
    """Reads messages from a socket, or from bytes if there is no socket."""

    def __init__(self, sock=None, data=b""):
        self.sock, self.data = sock, data

    def more(self):
        got = self.sock.recv(65536) if self.sock else b""
        if not got:
            raise Ended(bool(self.data))
        self.data += got

    def line(self, pattern, limit=70000):
        while b"\n" not in self.data:
            if len(self.data) > limit:
                raise Bad("endless line")
            self.more()
        match = pattern.match(self.data)
        if not match:
            raise Bad("line %r" % self.data[:120])
        self.data = self.data[match.end():]
        return match

    def fields(self):
        found = []
        while True:
            while len(self.data) < 2:
                self.more()
            if self.data[:2] == b"\r\n":
                self.data = self.data[2:]
                return found
            found.append(self.line(FIELD).groups())

    def exactly(self, count):
        parts, have = [self.data], len(self.data)
        if not self.sock and have < count:
            raise Ended(True)
        while have < count:
            got = self.sock.recv(min(262144, max(count - have, 65536)))
            if not got:
                raise Ended(True)
            parts.append(got)
            have += len(got)
        whole = b"".join(parts)
        self.data = whole[count:]
        return whole[:count]

    def body(self, fields, until_close=False):
        lengths = [value for name, value in fields if name.lower() == b"content-length"]
        codings = [value.lower() for name, value in fields if name.lower() == b"transfer-encoding"]
        if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]):
            raise Bad("framing %r %r" % (lengths, codings))
        if codings:
            body = b""
            while True:
                count = int(self.line(CHUNK).group(1), 16)
                if count == 0:
                    self.fields()
                    return body
                body += self.exactly(count)
                if self.exactly(2) != b"\r\n":
                    raise Bad("chunk end")
        if lengths:
            if not re.fullmatch(rb"[0-9]{1,19}", lengths[0]):
                raise Bad("length %r" % lengths[0])
            return self.exactly(int(lengths[0]))
        if until_close:
            try:
                while True:
                    self.more()
            except Ended:
                whole, self.data = self.data, b""
                return whole
        return b""

    def answer(self, method):
        while True:
            status = int(self.line(STATUS_LINE).group(1))
            fields = self.fields()
            if status >= 200 or status == 101:
                break
        if method == "HEAD" or status in (101, 204, 304):
            return status, fields, b""
        return status, fields, self.body(fields, until_close=True)


def requests_in(stream):
    """Method and target of each request that a strict parser reads in a stream."""
    reader, found = Reader(data=stream), []
    try:
        while True:
            if reader.data[:2] == b"\r\n":
                reader.data = reader.data[2:]
            line = reader.line(REQUEST_LINE)
            fields = reader.fields()
            found.append((line.group(1).decode("latin-1"), line.group(2).decode("latin-1")))
            reader.body(fields)
    except (Bad, Ended):
        return found


def value(fields, name):
    return next((v.decode("latin-1") for n, v in fields if n.lower() == name.lower().encode()), None)


def filling(token, size):
    """Bytes that only this token has."""
    piece = ("%s:%d;" % (token, size)).encode()
    return (piece * (size // len(piece) + 1))[:size]


def pieces(dice, data, count_max):
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(count_max)))
    return [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)]) if a < b]


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class SlowSocket:
    """Reads slowly, for a while."""

    def __init__(self, sock):
        self.sock, self.count = sock, 0

    def recv(self, count):
        self.count += 1
        if self.count > 500:
            return self.sock.recv(count)
        time.sleep(0.003)
        return self.sock.recv(1000)
