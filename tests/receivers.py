"""Receivers of webhooks: programs on this machine that get messages, and some that misbehave."""

import contextlib
import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from standardwebhooks import Webhook as Verifier

HERE = [ip_network("127.0.0.0/8"), ip_network("::1")]
# An answer's status, headers and body.
Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (204, {}, b"")


@dataclass
class Receiver:
    """A receiver that keeps what it got. `answer`, which may be changed at any time, is the answer, or a function that
    takes the number of the message, from 0 on, and returns it."""

    url: str = ""
    answer: Answer | Callable[[int], Answer] = OK
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """The messages, each verified by an independent library."""
        return [Verifier(secret).verify(body, headers) for headers, body in self.got]

    @property
    def ids(self) -> list[str]:
        """The `webhook-id` of each message."""
        return [headers["webhook-id"] for headers, _ in self.got]


@contextlib.contextmanager
def receiver(answer: Answer | Callable[[int], Answer] = OK, *, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    one = Receiver(answer=answer)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            one.connections += 1
            super().setup()

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # Its sender was killed meanwhile.
            one.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answer = one.answer(len(one.got) - 1) if callable(one.answer) else one.answer
            status, headers, content = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A sender that is killed is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    server.block_on_close = False
    one.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def raw_receiver(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """The URL of a receiver that does what `behave` does with each connection, until the event."""
    ended = threading.Event()

    def each(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            connection.recv(65_536)
            behave(connection, ended)

    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=each, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        ended.set()
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
