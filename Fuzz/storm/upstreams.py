"""Two upstreams: one that does everything right and judges what it gets, and one from hell."""

import random, re, socket, threading, time, zlib

from wire import REQUEST_LINE, Bad, Ended, Reader, filling, pieces, reset, value


def listen(port, serve):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)

    def accept():
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def serve_well(storm, port, sock):
    """The upstream that does everything right, and trusts nobody: the judge of what the gateway sends."""
    reader = Reader(sock)
    try:
        while True:
            try:
                line = reader.line(REQUEST_LINE)
                fields = reader.fields()
            except Ended as end:
                if end.args[0]:
                    storm.count("good upstream: cut head")
                return
            method, target = line.group(1).decode(), line.group(2).decode("latin-1")
            judge_request(storm, port, target, fields)
            try:
                body = reader.body(fields)
            except Ended:
                storm.count("good upstream: cut body")
                return
            sum_ = value(fields, "X-Sum")
            if sum_ and sum_ != "%d.%d" % (len(body), zlib.crc32(body)):
                storm.fail("body changed on its way: %s %s has %d bytes, should %s" % (method, target, len(body), sum_))
            storm.count("good upstream: requests")
            is_last = random.random() < 0.01
            answer_well(sock, method, target, fields, body, is_last)
            if is_last:
                return
    except Bad as bad:
        storm.fail("the good upstream got bytes that are no request: %s" % bad)
    except OSError:
        storm.count("good upstream: broken")
    finally:
        sock.close()


def judge_request(storm, port, target, fields):
    names = [name.lower() for name, _ in fields]
    is_ours = (value(fields, "Host") == "127.0.0.1:%d" % port and names.count(b"host") == 1
              and (value(fields, "Via") or "").endswith("apic") and b"x-forwarded-for" in names)
    if not is_ours or "SMUGGLED" in target:
        storm.fail("smuggled: %s %r" % (target, fields))
    options = {word.strip().lower() for word in (value(fields, "Connection") or "").split(",")} - {""}
    upgrade, taken = value(fields, "Upgrade"), value(fields, "TE")
    # A mangled name is another protocol, which may pass; HTTP may not, under none of its names.
    protocols = {protocol.split("/")[0].strip().lower() for protocol in (upgrade or "").split(",")}
    is_upgrade = upgrade is not None and not protocols & {"", "h2c", "h2", "h3", "http", "tls"}
    # Who takes trailers may say so; the gateway says it for itself.
    takes_trailers = taken == "trailers" and names.count(b"te") == 1
    wanted = ({"upgrade"} if is_upgrade else set()) | ({"te"} if takes_trailers else set())
    if options != wanted or (upgrade is None) == is_upgrade or (taken is None) == takes_trailers:
        storm.fail("fields of the connection that make no sense: %r" % fields)
    for name in (b"keep-alive", b"trailer", b"http2-settings", b"expect", b"proxy-connection"):
        if name in names:
            storm.fail("hop-by-hop field %r reached the upstream" % name)
    if names.count(b"x-request-id") != 1:
        storm.fail("request ids: %r" % fields)
    hostile = re.search(r"/h/([0-9a-f]{12})", target)
    if hostile and hostile.group(1) in storm.allowed:
        with storm.lock:
            storm.seen[hostile.group(1)] += 1
            is_more = storm.seen[hostile.group(1)] > storm.allowed[hostile.group(1)]
        if is_more:
            storm.fail("more requests reached the upstream than were sent: %s %r" % (target, fields))


def answer_well(sock, method, target, fields, body, is_last):
    query = dict(pair.split("=", 1) for pair in target.partition("?")[2].split("&") if "=" in pair)
    token, size = value(fields, "X-Token") or "", 0
    if re.fullmatch("[0-9]{1,7}", query.get("size", "")):
        size = int(query["size"])
    answer = b"" if method == "HEAD" else filling(token, size) + body
    head = "HTTP/1.1 200 Fine\r\nX-Good: 1\r\nX-Secret: s\r\nX-Path: %s\r\nX-Echo: %s\r\n" % (
        target.encode("latin-1").hex(), token)
    head += "Connection: close\r\n" if is_last else ""
    is_chunked = query.get("as") == "chunked"
    head += "Transfer-Encoding: chunked\r\n\r\n" if is_chunked else "Content-Length: %d\r\n\r\n" % len(answer)
    if is_chunked and method != "HEAD":
        parts, start = [], 0
        while start < len(answer):
            count = random.choice([1, 7, 100, 8192, 30000, 70000])
            piece = answer[start:start + count]
            parts.append(b"%x\r\n%s\r\n" % (len(piece), piece))
            start += count
        answer = b"".join(parts) + b"0\r\n\r\n"
    wire = head.encode("latin-1") + answer
    if len(wire) < 3000 and random.random() < 0.1:
        for piece in pieces(random, wire, 5):
            sock.sendall(piece)
    else:
        sock.sendall(wire)


def serve_wildly(storm, dice, sock):
    """The upstream from hell: each request gets something else."""
    sock.settimeout(5)
    try:
        if dice.random() < 0.03:
            return
        reader = Reader(sock)
        while True:
            reader.line(REQUEST_LINE)
            fields = reader.fields()
            behaviour = dice.choice(WILD)
            storm.count("wild upstream: " + behaviour)
            if behaviour not in ("early", "early and deaf", "reset", "cut head"):
                reader.body(fields)
            if not answer_wildly(dice, sock, behaviour):
                return
    except (Bad, Ended, OSError):
        pass
    finally:
        (reset if dice.random() < 0.3 else socket.socket.close)(sock)


OK = b"HTTP/1.1 200 OK\r\nX-Wild: 1\r\n"
WILD_BYTES = {
    "right": OK + b"Content-Length: 4\r\n\r\nwild",
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n4;x=y\r\nwild\r\n0\r\nX-T: 1\r\n\r\n",
    "204 with body": b"HTTP/1.1 204 No\r\nX-Wild: 1\r\nContent-Length: 4\r\n\r\nbody",
    "304 with body": b"HTTP/1.1 304 No\r\nX-Wild: 1\r\nContent-Length: 4\r\n\r\nbody",
    "too long": OK + b"Content-Length: 4\r\n\r\nwildandmore",
    "two answers": OK + b"Content-Length: 4\r\n\r\nwild" + OK + b"Content-Length: 6\r\n\r\npoison",
    "bad chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nwild\r\n0\r\n\r\n",
    "bad chunk end": OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nwildXX0\r\n\r\n",
    "huge chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nwild",
    "overflowing chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nwild",
    "interim flood": b"HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n" * 40 + OK + b"Content-Length: 4\r\n\r\nwild",
    "some interim": b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 102 W\r\n\r\n" * 3 + OK + b"Content-Length: 4\r\n\r\nwild",
    "switch": b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes",
    "tunnel": b"HTTP/1.1 101 S\r\nX-Wild: 1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n" + b"bytes" * 9999,
    "old": b"HTTP/1.0 200 OK\r\nX-Wild: 1\r\n\r\nold and until the end",
    "two lengths": OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nwild",
    "both framings": OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "signed length": OK + b"Content-Length: +4\r\n\r\nwild",
    "coded": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "bare feeds": b"HTTP/1.1 200 OK\nContent-Length: 4\n\nwild",
    "folded": OK + b"X-A: b\r\n c\r\nContent-Length: 4\r\n\r\nwild",
    "control bytes": OK + b"X-A: \x00\x01\r\nContent-Length: 4\r\n\r\nwild",
    "blank before colon": OK + b"Content-Length : 4\r\n\r\nwild",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "odd status": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "nonsense": b"\x00\xff\x16\x03\x01 nonsense\r\n\r\n",
    "huge head": OK + b"X-Big: " + b"b" * 100000 + b"\r\nContent-Length: 4\r\n\r\nwild",
    "large head": OK + b"X-Big: " + b"b" * 50000 + b"\r\nContent-Length: 4\r\n\r\nwild",
    "many fields": OK + b"X-M: m\r\n" * 400 + b"Content-Length: 4\r\n\r\nwild",
    "large": OK + b"Content-Length: 3000000\r\n\r\n" + b"w" * 3000000,
    "large chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"w" * 65536 + b"\r\n") * 20
    + b"0\r\n\r\n",
    "stutter": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nw\r\n" * 30000 + b"0\r\n\r\n",
}
CLOSING = {"too short", "old", "cut body", "cut head", "reset", "close", "never", "early and deaf"}
WILD = (list(WILD_BYTES) + ["right"] * 8 + ["tunnel"] * 3 + sorted(CLOSING - {"old"})
        + ["slow", "early", "close idle", "drip", "stall"])


def answer_wildly(dice, sock, behaviour):
    """Answers, and says whether another request may follow."""
    right = WILD_BYTES["right"]
    if behaviour == "early":
        sock.sendall(right)
        dice.random() < 0.5 and time.sleep(dice.random() * 0.2)
        return False
    if behaviour == "early and deaf":
        sock.sendall(OK + b"Content-Length: 400000\r\n\r\n" + b"w" * 200000)
        time.sleep(dice.random() * 1.5)
        sock.sendall(b"w" * 200000)
    elif behaviour == "never":
        time.sleep(dice.random() * 3)
    elif behaviour == "too short":
        sock.sendall(OK + b"Content-Length: 400\r\n\r\nshort")
    elif behaviour == "cut head":
        sock.sendall(right[:dice.randrange(1, 30)])
    elif behaviour == "cut body":
        sock.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n40\r\nwild")
    elif behaviour == "stall":
        sock.sendall(right[:dice.randrange(1, len(right))])
        time.sleep(dice.random() * 2.5)
    elif behaviour == "slow":
        time.sleep(dice.random() * 0.8)
        sock.sendall(right)
    elif behaviour == "drip":
        for index in range(len(right)):
            sock.sendall(right[index:index + 1])
            dice.random() < 0.2 and time.sleep(0.005)
    elif behaviour == "close idle":
        sock.sendall(right)
        time.sleep(dice.random() * 0.05)
        return False
    elif behaviour in WILD_BYTES:
        for piece in pieces(dice, WILD_BYTES[behaviour], 3):
            sock.sendall(piece)
    if behaviour in ("two answers", "too long") and dice.random() < 0.5:
        time.sleep(dice.random() * 0.02)
        sock.sendall(OK + b"Content-Length: 6\r\n\r\npoison")
    return behaviour not in CLOSING
