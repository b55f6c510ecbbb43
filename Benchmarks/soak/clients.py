"""Clients that know what they must be answered. Each loops until it is cancelled."""
import asyncio, random, ssl

from judge import Wrong
from upstream import content, read_body

KEY = "soak-key"
REFUSED = {"502", "503", "504"}
LARGE = 300_000
DRAINED_MAX = 262_144


class Cut(Exception):
    """The connection ended within an answer's body."""


class Client:
    """A connection that sends requests and reads answers strictly."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.asked = "nothing"

    @classmethod
    async def open(cls, port, context=None):
        name = "localhost" if context else None
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def send(self, method, path, fields=(), body=None, in_chunks=False):
        self.asked = f"{method} {path}"
        lines = [f"{method} {path} HTTP/1.1", "Host: soak", *fields]
        if body is not None:
            lines.append("Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {len(body)}")
        self.writer.write("\r\n".join(lines + ["", ""]).encode())
        for start in range(0, len(body or b""), 20_000):
            piece = body[start:start + 20_000]
            self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if in_chunks else piece)
            await self.writer.drain()
        if in_chunks:
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def receive(self):
        """-> status, fields, body."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Wrong(f"{self.asked}: no answer: {error!r}") from None
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        try:
            return first.split(" ")[1], fields, await read_body(self.reader, fields)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Cut from None


class Asked:
    """A request to an upstream and what it must be answered."""

    def __init__(self, chance, upstream):
        size = chance.choice([0, 1, 100, 1024, 9_000, 70_000, LARGE])
        seed = chance.randrange(1 << 30)
        kind = chance.choice(["bytes", "bytes", "chunks", "echo"])
        self.expected = content(size, seed)
        self.in_chunks = kind == "echo" and chance.random() < 0.5
        self.body = self.expected if kind == "echo" else None
        self.method = "POST" if kind == "echo" else "GET"
        self.path = f"/{upstream}/v1/echo" if kind == "echo" else f"/{upstream}/v1/{kind}/{size}/{seed}"

    def __str__(self):
        return f"{self.method} {self.path} ({len(self.expected)} bytes{', in chunks' if self.in_chunks else ''})"

    def check(self, status, fields, body):
        if status != "200":
            raise Wrong(f"{self}: status {status}: {body[:200]}")
        if body != self.expected:
            raise Wrong(f"{self}: {len(body)} bytes came, or other ones")
        # Both programs of a request belong to one bundle, whatever was swapped in meanwhile.
        if fields.get("x-bundle") not in ("A", "B") or fields["x-bundle"] != fields.get("x-seen"):
            raise Wrong(f"{self}: bundle {fields.get('x-bundle')} answered, the upstream saw {fields.get('x-seen')}")


class Crowd:
    """All clients of one run."""

    def __init__(self, judge, ports, certificate, pace, seed):
        self.judge, self.plain, self.secure = judge, ports["http"], ports["https"]
        self.context = ssl.create_default_context(cafile=certificate)
        self.pace, self.seed = pace, seed

    def tasks(self, chosen):
        kinds = [self.keep_alive, self.keep_alive, self.over_tls, self.closing, self.pipelined, self.local, self.upgraded,
                 self.mistaken, self.leaving, self.shaky, self.shaky]
        return [self.forever(kind, random.Random(self.seed + index)) for index, kind in enumerate(kinds)
                if not chosen or kind.__name__ in chosen]

    async def forever(self, kind, chance):
        while True:
            try:
                await asyncio.wait_for(kind(chance), 60)
            except Wrong as wrong:
                self.judge.wrong(kind.__name__, wrong)
            except Cut:
                self.judge.wrong(kind.__name__, "the connection ended within a body")
            except (OSError, TimeoutError, asyncio.TimeoutError) as error:
                self.judge.wrong(kind.__name__, repr(error))
            await self.pause(chance)

    async def pause(self, chance):
        await asyncio.sleep(chance.expovariate(1 / self.pace))

    async def ask(self, client, asked, fields=()):
        await client.send(asked.method, asked.path, fields, asked.body, asked.in_chunks)
        return await client.receive()

    async def keep_alive(self, chance, context=None, name="keep-alive"):
        async with await Client.open(self.secure if context else self.plain, context) as client:
            for _ in range(chance.randrange(1, 40)):
                asked = Asked(chance, "steady")
                asked.check(*await self.ask(client, asked))
                self.judge.right(name)
                await self.pause(chance)

    async def over_tls(self, chance):
        await self.keep_alive(chance, self.context, "tls")

    async def closing(self, chance):
        async with await Client.open(self.plain) as client:
            asked = Asked(chance, "steady")
            asked.check(*await self.ask(client, asked, ["Connection: close"]))
            if await client.reader.read(1):
                raise Wrong("bytes behind the last answer")
            self.judge.right("close")

    async def pipelined(self, chance):
        """Several requests at once: the answers come in order."""
        async with await Client.open(self.plain) as client:
            asked = [Asked(chance, "steady") for _ in range(chance.randrange(2, 8))]
            asked = [one for one in asked if one.method == "GET"]
            client.writer.write("".join(f"GET {one.path} HTTP/1.1\r\nHost: soak\r\n\r\n" for one in asked).encode())
            for one in asked:
                one.check(*await client.receive())
                self.judge.right("pipelined")

    async def local(self, chance):
        """Answers of the gateway's own: they must be those of the bundle, keys and limits included."""
        async with await Client.open(self.plain) as client:
            for _ in range(10):
                before = self.judge.settled_bundle()
                await client.send("GET", "/which/v1/name")
                status, _, body = await client.receive()
                # Whatever was swapped meanwhile, the answer is one of the two; and if nothing was, the newest.
                allowed = {before[0]} if before[0] and before == self.judge.settled_bundle() else {"A", "B"}
                if status != "200" or body.decode() not in allowed:
                    raise Wrong(f"the bundle is {allowed}, the answer {status} {body[:80]}")
                known = chance.random() < 0.5
                await client.send("GET", "/locked/v1/name", [f"apikey: {KEY if known else 'wrong'}"])
                status, _, body = await client.receive()
                if (status, body) != ("200", b"open") if known else status != "401":
                    raise Wrong(f"key {'known' if known else 'wrong'}: {status} {body[:80]}")
                self.judge.right("local")
                await self.pause(chance)

    async def upgraded(self, chance):
        async with await Client.open(self.plain) as client:
            await client.send("GET", "/steady/v1/socket", ["Connection: upgrade", "Upgrade: websocket"])
            head = await client.reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101 "):
                raise Wrong(f"upgrade: {head[:100]}")
            for _ in range(chance.randrange(1, 30)):
                message = chance.randbytes(chance.choice([1, 126, 5_000, 60_000]))
                client.writer.write(message)
                if await client.reader.readexactly(len(message)) != message:
                    raise Wrong("the tunnel changed bytes")
                self.judge.right("tunnel")
                await self.pause(chance)

    MISTAKES = [
        (b"GET /nowhere HTTP/1.1\r\nHost: soak\r\n\r\n", "404"),
        (b"DELETE /which/v1/name HTTP/1.1\r\nHost: soak\r\n\r\n", "405"),
        (b"GET /which/v1/name HTTP/1.1\r\n\r\n", "400"),
        (b"GET /which/v1/name HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        (b"GET /which/v1/name HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
        (b"POST /steady/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        (b"POST /steady/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "400"),
        (b"POST /steady/v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"),
        (b"POST /steady/v1/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        (b"POST /bounded/v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "413"),
        (b"GET /which/v1/" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: soak\r\n\r\n", "414"),
        (b"GET /which/v1/name HTTP/1.1\r\nHost: soak\r\nX: " + b"a" * 50_000 + b"\r\n\r\n", "431"),
        (b"GET /which/v1/name HTTP/3.0\r\nHost: soak\r\n\r\n", "505"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 40 + b"\r\n\r\n", "400"),
    ]

    async def mistaken(self, chance):
        request, expected = chance.choice(self.MISTAKES)
        async with await Client.open(self.plain) as client:
            client.writer.write(request)
            status, _, body = await client.receive()
            if status != expected:
                raise Wrong(f"{request[:60]} was answered {status} {body[:120]}, not {expected}")
            self.judge.right("mistakes refused")

    async def leaving(self, chance):
        """Goes away in the middle of something."""
        async with await Client.open(self.plain) as client:
            request = b"POST /steady/v1/echo HTTP/1.1\r\nHost: soak\r\nContent-Length: 90000\r\n\r\n" + b"a" * 80_000
            if chance.random() < 0.5:
                request = f"GET /steady/v1/bytes/{LARGE}/1 HTTP/1.1\r\nHost: soak\r\n\r\n".encode()
                client.writer.write(request)
                await client.reader.read(1)
            else:
                client.writer.write(request[:chance.randrange(len(request))])
            await asyncio.sleep(0.01)
            client.writer.transport.abort()
            self.judge.right("left")

    async def shaky(self, chance):
        """The upstream dies now and then: 502, 503, 504 or a cut within the body, but never a wrong byte."""
        async with await Client.open(self.plain) as client:
            for _ in range(20):
                asked = Asked(chance, "shaky")
                try:
                    status, fields, body = await self.ask(client, asked)
                except Cut:
                    self.judge.right("shaky: cut")
                    return
                if status in REFUSED:
                    self.judge.right("shaky: refused")
                    # A body that went on for longer than the gateway cares to throw away ends the connection.
                    if fields.get("connection") == "close" or len(asked.body or b"") > DRAINED_MAX:
                        return
                else:
                    asked.check(status, fields, body)
                    self.judge.right("shaky")
                await self.pause(chance)
