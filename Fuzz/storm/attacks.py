"""Clients that mean ill."""

import re, socket, ssl, time

from wire import Bad, Ended, Reader, SlowSocket, pieces, requests_in, reset, value


def attacks(dice, uid):
    """One request that must not pass, or not as the attacker wishes; what stands behind it must never be a request."""
    path = "/%s/v1/h/%s" % (dice.choice(["good", "key", "small/1", "wild", "half", "static", "life"]), uid)
    smuggled = "GET /good/v1/SMUGGLED HTTP/1.1\r\nHost: storm.test\r\nX-Token: s\r\n\r\n"
    start = "POST %s HTTP/1.1\r\nHost: storm.test\r\n" % path
    chunks = "0\r\n\r\n" + smuggled
    te = dice.choice(["Transfer-Encoding: xchunked", "Transfer-Encoding : chunked", "Transfer-Encoding: chunked, x",
                      "Transfer-Encoding:\x0bchunked", "Transfer-Encoding: x, chunked",
                      "X: y\nTransfer-Encoding: chunked",
                      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", " Transfer-Encoding: chunked",
                      "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: \"chunked\"", "Transfer_Encoding: chunked",
                      "Transfer-Encoding\x00: chunked", "TRANSFER-ENCODING: chunked", "Transfer-Encoding: identity"])
    length = dice.choice(["+6", "-1", "0x6", "6 6", "6,6", "", "6\r\nContent-Length: 7", "18446744073709551617", "1e1",
                          "99999999999999999999999", "6\x00", "\xb2", "6;", "6 6"])
    size = dice.choice(["+0", "-0", "0x0", " 0", "0 ", "", "g", "fffffffffffffffff", "0;" + "x" * 300, "0;a\nb", "0\n",
                        "00000000000000000", "8000000000000000", "0\r", "0;\x00"])
    return dice.choice([
        lambda: start + "Content-Length: %d\r\n%s\r\n\r\n%s" % (len(chunks), te, chunks),
        lambda: start + "%s\r\nContent-Length: %d\r\n\r\n%s" % (te, len(chunks), chunks),
        lambda: start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + chunks,
        lambda: start + "Content-Length: %s\r\n\r\n123456%s" % (length, smuggled),
        lambda: start + "Transfer-Encoding: chunked\r\n\r\n%s\r\n\r\n%s" % (size, smuggled),
        lambda: start + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefg\r\n0\r\n\r\n" + smuggled,
        lambda: start + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length\r\n\r\n" + smuggled,
        lambda: start + "Transfer-Encoding: chunked\r\n\r\n0\r\n X: y\r\n\r\n" + smuggled,
        lambda: start + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + "T: t\r\n" * 3000 + "\r\n" + smuggled,
        lambda: "POST %s HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n%s" % (path, chunks),
        lambda: start + "X-A: b\r\n Content-Length: 6\r\n\r\n" + smuggled,
        lambda: start + "X-A: b\rContent-Length: 60\r\n\r\n" + smuggled,
        lambda: start + "X-A: b\nContent-Length: 60\r\n\r\n" + smuggled,
        lambda: start + "X-A: \x00\r\n\r\n" + smuggled,
        lambda: start + "X A: b\r\n\r\n" + smuggled,
        lambda: start + "Host: other.test\r\n\r\n" + smuggled,
        lambda: "GET http://other.test%s HTTP/1.1\r\nHost: storm.test\r\n\r\n%s" % (path, smuggled),
        lambda: "GET %s HTTP/1.1\r\n\r\n%s" % (path, smuggled),
        lambda: "GET %s\r\n%s" % (path, smuggled),
        lambda: "GET %s HTTP/2.0\r\nHost: a\r\n\r\n%s" % (path, smuggled),
        lambda: "GET  %s HTTP/1.1\r\nHost: a\r\n\r\n%s" % (path, smuggled),
        lambda: "GET %s HTTP/1.1 \r\nHost: a\r\n\r\n%s" % (path, smuggled),
        lambda: "GET %s HTTP/1.1\r\nHost: a b\r\n\r\n%s" % (path, smuggled),
        lambda: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
        lambda: "\x16\x03\x01\x02\x00\x01\x00" + smuggled,
        lambda: "CONNECT storm.test:80 HTTP/1.1\r\nHost: storm.test:80\r\n\r\n" + smuggled,
        lambda: "GET /good/v1/../../../h/%s HTTP/1.1\r\nHost: a\r\n\r\n%s" % (uid, smuggled),
        lambda: "GET /good/v1/%%00%s HTTP/1.1\r\nHost: a\r\n\r\n%s" % (uid, smuggled),
        lambda: "GET %s HTTP/1.1\r\nHost: a\r\nX-Big: %s\r\n\r\n%s" % (path, "x" * 40000, smuggled),
        lambda: "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (path, "X: y\r\n" * 150, smuggled),
        lambda: "GET %s%s HTTP/1.1\r\nHost: a\r\n\r\n%s" % (path, "/x" * 15000, smuggled),
        lambda: start + "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: %d\r\n\r\n%s" % (
            len(smuggled), smuggled),
        lambda: start + "Expect: 200-maybe\r\nContent-Length: 5\r\n\r\n" + smuggled,
        lambda: start + "Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s" % (len(smuggled), smuggled),
        lambda: start + "Content-Length: 99999999\r\n\r\n" + smuggled,
    ])()


def valid(dice, uid, number):
    """Well-formed requests of less usual kinds."""
    api = dice.choice(["good", "good", "static", "life", "wild", "half", "limited", "small/1"])
    path = "/%s/v1/h/%s/%d?size=%d" % (api, uid, number, dice.choice([0, 5, 3000, 300000]))
    body = "b" * dice.choice([0, 1, 100, 70000])
    return dice.choice([
        lambda: "GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path,
        lambda: "HEAD %s HTTP/1.1\r\nHost: a\r\n\r\n" % path,
        lambda: "OPTIONS %s HTTP/1.1\r\nHost: a\r\n\r\n" % path,
        lambda: "TRACE %s HTTP/1.1\r\nHost: a\r\n\r\n" % path,
        lambda: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        lambda: "GET http://a%s HTTP/1.1\r\nHost: a\r\n\r\n" % path,
        lambda: "GET %s HTTP/1.0\r\n\r\n" % path,
        lambda: "GET %s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" % path,
        lambda: "\r\nGET %s HTTP/1.1\r\nHost: a\r\nConnection: x-a, te\r\nX-A: b\r\nTE: trailers\r\n\r\n" % path,
        lambda: "GET %s HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n" % path,
        lambda: "GET %s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket, h2c\r\nConnection: upgrade\r\n\r\n" % path,
        lambda: "PUT %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body),
        lambda: "POST %s HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n%s" % (
            path, len(body), body),
        lambda: "POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\nX-T: t\r\n\r\n" % (
            path, "%x;e=\"1\"\r\n%s\r\n" % (len(body), body) if body else ""),
    ])()


def mutate(dice, data):
    data = bytearray(data)
    for _ in range(dice.randrange(1, 5)):
        at = dice.randrange(len(data) + 1)
        what = dice.randrange(5)
        if what == 0:
            data[at:at + 1] = dice.randbytes(1)
        elif what == 1:
            del data[at:at + dice.randrange(1, 8)]
        elif what == 2:
            data[at:at] = dice.choice(
                [b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b",", b";", b"0\r\n\r\n", b"\xff", b"\t"])
        elif what == 3:
            data[at:at] = data[max(0, at - dice.randrange(40)):at]
        else:
            data = data[:at] if dice.random() < 0.3 else data
    return bytes(data)


def attack(storm, dice):
    while not storm.is_over.is_set():
        uid = "%012x" % dice.getrandbits(48)
        kind = dice.choice(["attack", "attack", "mixed", "mutant", "mutant", "valid", "valid", "valid", "wait"])
        before = "".join(valid(dice, uid, n) for n in range(dice.choice([0, 0, 1, 3, 20])))
        stream = before.encode("latin-1")
        if kind in ("attack", "mixed"):
            stream += attacks(dice, uid).encode("latin-1")
        elif kind == "mutant":
            stream = mutate(dice, stream or valid(dice, uid, 0).encode("latin-1"))
        elif kind == "wait":
            stream = stream[:dice.randrange(len(stream) + 1)]
        with storm.lock:
            storm.allowed[uid] = len(requests_in(stream))
        storm.count("hostile: " + kind)
        try:
            misbehave(storm, dice, kind, stream)
        except socket.timeout:
            storm.fail("a hostile connection outlived its timeouts: %r" % stream[:600])
        except OSError:
            storm.count("hostile: cut")


def misbehave(storm, dice, kind, stream):
    requests = requests_in(stream) if kind == "valid" else []
    # Behind the preface of HTTP/2 nothing else is spoken.
    is_other = requests or b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" in stream
    sock = storm.connect(dice.choice([None, None, 2048]))
    with sock:
        manner = dice.choice(["plain"] * 4 + ["half-close"] * 2 + ["reset", "leave", "deaf", "slow", "bytes"])
        storm.count("hostile: " + manner)
        if manner == "bytes":
            for index in range(min(len(stream), 400)):
                sock.sendall(stream[index:index + 1])
            stream = stream[400:]
        for piece in pieces(dice, stream, 4) if stream else []:
            sock.sendall(piece)
            dice.random() < 0.2 and time.sleep(dice.random() * 0.02)
        if manner == "half-close" and not isinstance(sock, ssl.SSLSocket):
            sock.shutdown(socket.SHUT_WR)
        elif manner == "reset":
            time.sleep(dice.choice([0, 0.001, 0.02]))
            return reset(sock)
        elif manner == "leave":
            return
        elif manner == "deaf":
            # Behind whole requests a byte now and then is a head that drips; behind half a body it would be more of it.
            for _ in range(12):
                time.sleep(0.5)
                sock.send(b"G" if kind == "valid" else b"")
        reader = Reader(SlowSocket(sock) if manner == "slow" else sock)
        if manner != "deaf":
            check_answers(storm, reader, requests, "%s, %s" % (manner, type(sock).__name__))
        while True:
            if reader.data and not reader.data.startswith(b"HTTP/1.1 "[:len(reader.data)]) and not is_other:
                storm.fail("not an answer: %r to %r" % (reader.data[:100], stream[:300]))
            reader.data = reader.data[:9]
            piece = reader.sock.recv(262144)
            if not piece:
                break
            reader.data += piece


def check_answers(storm, reader, requests, how):
    """Each of several valid requests gets its answer, in order, until an answer says that it is the last."""
    began = time.monotonic()
    for index, (method, target) in enumerate(requests):
        try:
            status, fields, _ = reader.answer(method)
        except Ended:
            # An answer that an upstream cuts resets the connection, which may take with it answers that are on their
            # way. That is an error of the socket, and an end where TLS is read.
            if not any(re.search("/(wild|half)/", later) for _, later in requests[index:]):
                storm.fail("no answer to %s %s of %r (%s) in %.1f s, but %d bytes: %r" % (
                    method, target, requests, how, time.monotonic() - began, len(reader.data), reader.data[:200]))
            return
        except Bad as bad:
            return storm.fail("not an answer to %s %s: %s" % (method, target, bad))
        storm.count("hostile: answers to valid requests")
        if status == 200 and "/h/" in target and not re.search("/(static|wild|half)/", target):
            path = bytes.fromhex(value(fields, "X-Path") or "").decode("latin-1")
            if not path or not target.endswith(path):
                storm.fail("somebody else's answer to %s %s: %s" % (method, target, path))
        if status == 101 or (value(fields, "Connection") or "").lower() == "close":
            return
