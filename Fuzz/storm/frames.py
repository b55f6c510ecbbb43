"""HTTP/2 on a wire: frames, header blocks without a table, and what a client must keep count of."""

import struct

from wire import Bad, Ended

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, ACK = 1, 4, 8, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# Indexed fields of the static table (RFC 7541 appendix A), and Huffman's codes of digits (appendix B).
STATUSES = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
DIGITS = {format(code, "05b" if code < 3 else "06b"): str(digit)
          for digit, code in enumerate([0, 1, 2] + list(range(25, 32)))}


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def number(value):
    return struct.pack(">I", value & 0xFFFFFFFF)


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def text(data):
    rest, out = len(data), b""
    if rest < 127:
        return bytes([rest]) + data
    rest, out = rest - 127, b"\x7f"
    while rest >= 128:
        out, rest = out + bytes([rest & 127 | 128]), rest >> 7
    return out + bytes([rest]) + data


def block(fields):
    """Literals that no table keeps (RFC 7541 section 6.2.2), byte for byte."""
    return b"".join(b"\0" + text(name.encode("latin-1")) + text(value.encode("latin-1")) for name, value in fields)


def pseudo(method, path):
    return [(":method", method), (":scheme", "http"), (":authority", "storm.test"), (":path", path)]


def status_of(payload):
    while payload and payload[0] & 0xE0 == 0x20:
        payload = payload[1:]
    if not payload:
        raise Bad("an empty header block")
    if payload[0] in STATUSES:
        return STATUSES[payload[0]]
    count, value = payload[1] & 127, payload[2:]
    if not payload[1] & 128:
        return int(value[:count])
    bits, found = "".join(format(byte, "08b") for byte in value[:count]), ""
    while len(found) < 3:
        width = 5 if bits[:5] in DIGITS else 6
        found, bits = found + DIGITS[bits[:width]], bits[width:]
    return int(found)


class Session:
    """A client's side that keeps the rules."""

    def __init__(self, sock, *pairs):
        self.sock, self.data, self.next_stream = sock, b"", 1
        self.window, self.first_window, self.windows = 65535, 65535, {}
        sock.sendall(PREFACE + settings((1, 0), *pairs))

    def receive(self):
        """The next frame that matters, after what it asks for was done: kind, flags, stream, payload."""
        while True:
            head = self.exactly(9)
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF
            payload = self.exactly(int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & ACK:
                for at in range(0, len(payload), 6):
                    key, value = struct.unpack_from(">HI", payload, at)
                    if key == 4:
                        for each in self.windows:
                            self.windows[each] += value - self.first_window
                        self.first_window = value
                self.sock.sendall(frame(SETTINGS, ACK))
            elif kind == PING and not flags & ACK:
                self.sock.sendall(frame(PING, ACK, 0, payload))
            elif kind == WINDOW:
                if stream == 0:
                    self.window += int.from_bytes(payload, "big")
                elif stream in self.windows:
                    self.windows[stream] += int.from_bytes(payload, "big")
            elif kind == DATA and payload:
                # Taken at once, so that both may go on.
                self.sock.sendall(frame(WINDOW, 0, 0, number(len(payload)))
                                  + (b"" if flags & END_STREAM else frame(WINDOW, 0, stream, number(len(payload)))))
            return kind, flags, stream, payload

    def exactly(self, count):
        while len(self.data) < count:
            got = self.sock.recv(262144)
            if not got:
                raise Ended(bool(self.data))
            self.data += got
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def open(self, fields, is_last):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.windows[stream] = self.first_window
        self.sock.sendall(frame(HEADERS, END_HEADERS | (END_STREAM if is_last else 0), stream, block(fields)))
        return stream
