"""The proxy fails as it is told to."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.prove.proxy import Mode, Proxy

pytestmark = pytest.mark.real_time


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """Before a server that says everything back."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()

    def echo(client: socket.socket) -> None:
        with client:
            while data := client.recv(100):
                client.sendall(data)

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(client,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with Proxy(tmp_path / "s") as proxy:
        yield proxy
    listener.close()


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def echoed(client: socket.socket, what: bytes = b"hello") -> bytes:
    client.sendall(what)
    return client.recv(100)


def test_passes_everything_on(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert echoed(client) == b"hello"


def test_is_slow_but_loses_nothing(proxy: Proxy) -> None:
    proxy.mode = Mode.SLOW
    with connect(proxy) as client:
        assert echoed(client) == b"hello"


def test_hangs_and_goes_on_where_it_was(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert echoed(client) == b"hello"
        proxy.mode = Mode.HANG
        client.settimeout(0.3)
        client.sendall(b"again")
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.mode = Mode.PASS
        client.settimeout(5)
        assert client.recv(100) == b"again"


def test_cuts_connections_and_takes_new_ones(proxy: Proxy) -> None:
    with connect(proxy) as client:
        assert echoed(client) == b"hello"
        assert proxy.cut() == 1
        with pytest.raises(ConnectionError):
            client.recv(100)
    with connect(proxy) as client:
        assert echoed(client) == b"hello"


def test_refuses(proxy: Proxy) -> None:
    proxy.mode = Mode.REFUSE
    with pytest.raises(ConnectionError), connect(proxy) as client:
        echoed(client)
