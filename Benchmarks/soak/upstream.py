#!/usr/bin/env python3
"""An upstream whose answers follow from the request, so that every byte can be judged: upstream.py PORT

    GET  …/bytes/N/SEED      N bytes drawn from SEED, with Content-Length
    GET  …/chunks/N/SEED     the same in chunks
    POST …/echo              the body that came
    GET  …/socket            101, then whatever comes is sent back

Each answer says in X-Seen which bundle the gateway named in X-Bundle.
"""
import asyncio, random, sys

PIECE = 16_384


def content(count, seed):
    return random.Random(seed).randbytes(count)


async def read_head(reader):
    """-> method, path, fields by lower-case name; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ")
    return method, path, {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}


async def read_body(reader, fields):
    if "content-length" in fields:
        return await reader.readexactly(int(fields["content-length"]))
    if fields.get("transfer-encoding") != "chunked":
        return b""
    pieces = []
    while True:
        size = int((await reader.readuntil(b"\r\n")).strip(), 16)
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
        if size == 0:
            return b"".join(pieces)


async def answer(writer, body, seen, in_chunks):
    framing = "Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {len(body)}"
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nX-Seen: {seen}\r\n{framing}\r\n\r\n".encode())
    for start in range(0, len(body), PIECE):
        piece = body[start:start + PIECE]
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if in_chunks else piece)
        await writer.drain()
    if in_chunks:
        writer.write(b"0\r\n\r\n")
    await writer.drain()


async def tunnel(reader, writer, seen):
    writer.write(f"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX-Seen: {seen}\r\n\r\n".encode())
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()


async def serve(reader, writer):
    try:
        while head := await read_head(reader):
            method, path, fields = head
            seen = fields.get("x-bundle", "none")
            if "upgrade" in fields:
                await tunnel(reader, writer, seen)
                break
            body = await read_body(reader, fields)
            kind, *numbers = path.strip("/").split("/")[-3:] if method == "GET" else ["echo"]
            if kind != "echo":
                body = content(int(numbers[0]), int(numbers[1]))
            await answer(writer, body, seen, in_chunks=kind == "chunks" or "transfer-encoding" in fields)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
