"""A proxy between ToGo and a server that can fail as a network does."""

import contextlib
import socket
import struct
import threading
import time
from enum import StrEnum
from pathlib import Path
from typing import Self


class Mode(StrEnum):
    """What the proxy does with connections."""

    PASS = "pass"  # noqa: S105 - lets everything through
    REFUSE = "refuse"
    HANG = "hang"
    SLOW = "slow"


# How much later data arrives in mode SLOW, in seconds.
_DELAY = 0.1


class Proxy:
    """Listens on a port of its own and forwards connections to a unix socket, or to a port of this machine, as its
    `mode` says."""

    def __init__(self, target: Path | int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.mode = Mode.PASS
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> int:
        """Reset all connections; returns how many there were."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            self._end(*pair)
        return len(pairs)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == Mode.REFUSE:
                _reset(client)
                continue
            to_port = isinstance(self._target, int)
            server = socket.socket(socket.AF_INET if to_port else socket.AF_UNIX)
            try:
                server.connect(("127.0.0.1", self._target) if to_port else str(self._target))
            except OSError:
                _reset(client)
                server.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.add((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(client, server, source, sink), daemon=True).start()

    def _pump(self, client: socket.socket, server: socket.socket, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.mode == Mode.SLOW:
                    time.sleep(_DELAY)
                while self.mode == Mode.HANG:
                    time.sleep(0.05)
                sink.sendall(data)
        self._end(client, server)

    def _end(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            if (client, server) not in self._pairs:
                return
            self._pairs.discard((client, server))
        _reset(client)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # This wakes the thread that reads from the connection, and sends nothing: the peer gets only the reset.
        connection.shutdown(socket.SHUT_RD)
    connection.close()
