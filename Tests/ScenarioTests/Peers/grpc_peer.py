"""gRPC on both sides of a gateway, without generated code: messages are bytes.

    grpc_peer.py server [CERTIFICATE KEY]     prints its port, serves until it is ended by a signal
    grpc_peer.py client ADDRESS [AUTHORITY]   plays every case, prints a line for each
"""

import signal
import sys
import threading
from concurrent import futures

import grpc

SERVICE = "test.Echo"
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Handlers:
    def __init__(self):
        self.cancelled = threading.Semaphore(0)

    def unary(self, request, context):
        metadata = dict(context.invocation_metadata())
        context.send_initial_metadata((("x-initial", metadata.get("x-mine", "none")),))
        context.set_trailing_metadata((("x-trailing", "behind"), ("x-binary-bin", b"\x00\xff")))
        return request

    def server_stream(self, request, context):
        for number in range(int(request)):
            yield b"%d" % number

    def client_stream(self, requests, context):
        return b"".join(requests)

    def both(self, requests, context):
        for request in requests:
            yield b"re:" + request

    def fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now: 100 %")

    def fail_late(self, request, context):
        yield b"first"
        context.abort(grpc.StatusCode.DATA_LOSS, "cut")

    def hang(self, request, context):
        context.add_callback(self.cancelled.release)
        yield b"begun"
        threading.Event().wait(60 if context.is_active() else 0)

    def await_cancelled(self, request, context):
        return b"yes" if self.cancelled.acquire(timeout=20) else b"no"


def serve(certificate=None, key=None):
    handlers = Handlers()
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(handlers.unary),
        "ServerStream": grpc.unary_stream_rpc_method_handler(handlers.server_stream),
        "ClientStream": grpc.stream_unary_rpc_method_handler(handlers.client_stream),
        "Both": grpc.stream_stream_rpc_method_handler(handlers.both),
        "Fail": grpc.unary_unary_rpc_method_handler(handlers.fail),
        "FailLate": grpc.unary_stream_rpc_method_handler(handlers.fail_late),
        "Hang": grpc.unary_stream_rpc_method_handler(handlers.hang),
        "AwaitCancelled": grpc.unary_unary_rpc_method_handler(handlers.await_cancelled),
    }
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=OPTIONS)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    if certificate:
        pair = (open(key, "rb").read(), open(certificate, "rb").read())
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    signal.pause()


class Cases:
    def __init__(self, channel):
        self.channel = channel

    def path(self, name):
        return f"/{SERVICE}/{name}"

    def case_unary(self):
        call = self.channel.unary_unary(self.path("Unary"))
        answer, state = call.with_call(b"hello", metadata=(("x-mine", "1"),), timeout=20)
        assert answer == b"hello"
        assert ("x-initial", "1") in state.initial_metadata()
        trailing = dict(state.trailing_metadata())
        assert trailing["x-trailing"] == "behind" and trailing["x-binary-bin"] == b"\x00\xff", trailing
        assert state.code() is grpc.StatusCode.OK

    def case_large(self):
        call = self.channel.unary_unary(self.path("Unary"))
        message = bytes(range(256)) * 20_000
        assert call(message, timeout=60) == message

    def case_many(self):
        call = self.channel.unary_unary(self.path("Unary"))
        pending = [call.future(b"%d" % number, timeout=60) for number in range(300)]
        assert [one.result() for one in pending] == [b"%d" % number for number in range(300)]

    def case_server_stream(self):
        answers = list(self.channel.unary_stream(self.path("ServerStream"))(b"1000", timeout=60))
        assert answers == [b"%d" % number for number in range(1000)]

    def case_client_stream(self):
        call = self.channel.stream_unary(self.path("ClientStream"))
        assert call(iter([b"piece"] * 1000), timeout=60) == b"piece" * 1000

    def case_both(self):
        # Each message is sent when the one before was answered: nothing waits for an end.
        turns = threading.Semaphore(1)

        def messages():
            for number in range(50):
                turns.acquire()
                yield b"%d" % number

        answers = []
        for answer in self.channel.stream_stream(self.path("Both"))(messages(), timeout=60):
            answers.append(answer)
            turns.release()
        assert answers == [b"re:%d" % number for number in range(50)]

    def fails(self, code, details, call):
        try:
            call()
        except grpc.RpcError as error:
            assert error.code() is code, (error.code(), error.details())
            assert details is None or error.details() == details, error.details()
            return
        raise AssertionError("it did not fail")

    def case_trailers_only(self):
        call = self.channel.unary_unary(self.path("Fail"))
        self.fails(grpc.StatusCode.FAILED_PRECONDITION, "not now: 100 %", lambda: call(b"", timeout=20))
        missing = self.channel.unary_unary(self.path("Missing"))
        self.fails(grpc.StatusCode.UNIMPLEMENTED, None, lambda: missing(b"", timeout=20))

    def case_late_error(self):
        call = self.channel.unary_stream(self.path("FailLate"))(b"", timeout=20)
        assert next(call) == b"first"
        self.fails(grpc.StatusCode.DATA_LOSS, "cut", lambda: next(call))

    def await_cancelled(self):
        assert self.channel.unary_unary(self.path("AwaitCancelled"))(b"", timeout=30) == b"yes"

    def case_cancel(self):
        call = self.channel.unary_stream(self.path("Hang"))(b"")
        assert next(call) == b"begun"
        call.cancel()
        self.await_cancelled()

    def case_deadline(self):
        call = self.channel.unary_stream(self.path("Hang"))(b"", timeout=1)
        assert next(call) == b"begun"
        self.fails(grpc.StatusCode.DEADLINE_EXCEEDED, None, lambda: next(call))
        self.await_cancelled()


def play(address, authority=None):
    if authority:
        credentials = grpc.ssl_channel_credentials(open(authority, "rb").read())
        options = OPTIONS + [("grpc.ssl_target_name_override", "edge.example")]
        channel = grpc.secure_channel(address, credentials, options=options)
    else:
        channel = grpc.insecure_channel(address, options=OPTIONS)
    with channel:
        cases = Cases(channel)
        for name in [name for name in dir(Cases) if name.startswith("case_")]:
            getattr(cases, name)()
            print("passed", name.removeprefix("case_"), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve(*sys.argv[2:])
    else:
        play(*sys.argv[2:])
