"""Starts the program that speaks to channels, asks it, and ends it if it doesn't answer in time."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

from apps.services.shared import stored
from apps.services.shared.networks import Network

# How long a message may take, from looking up the name to the end of the answer, in seconds; and how long the program
# may take to load Apprise before the first one.
SECONDS = 15.0
_SECONDS_TO_START = 15.0
_ROOT = Path(__file__).resolve().parents[3]
# The program gets nothing else of the environment: no secret, and no proxy, which would call other addresses.
_ENVIRONMENT = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "LD_LIBRARY_PATH", "TMPDIR")


class CantSpeak(Exception):
    """The program doesn't start, or has ended. The text may be logged."""


class Speaking(AbstractContextManager["Speaking"]):
    """The program. It is started by the first question, and again after it was ended."""

    def __init__(self, *, schemas: Sequence[str], allowed: Sequence[Network], link: str) -> None:
        self._setup = {"schemas": list(schemas), "allowed": [str(network) for network in allowed], "link": link}
        self._process: subprocess.Popen[bytes] | None = None
        self._read = b""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def start(self) -> None:
        """Start the program, unless it runs, and wait until it has loaded Apprise. Raises `CantSpeak`."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "apps.services.channels.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env=_environment(),
            )
            with suppress(CantSpeak):
                self._write([self._setup])
            if self._process is None or next(self._lines(_SECONDS_TO_START), None) is None:
                self.end()
                raise CantSpeak("the program for channels doesn't start")

    def ask(
        self, do: Literal["check", "send"], questions: Sequence[dict[str, str]]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The answers, each with the number of its question, as they come within 15 seconds. Raises `CantSpeak`."""
        self.start()
        self._write([{"number": number, "do": do, "with": one} for number, one in enumerate(questions)])
        missing = set(range(len(questions)))
        for answer in self._lines(SECONDS):
            missing.discard(answer["number"])
            yield answer["number"], answer
            if not missing:
                return
        # Its threads still wait for somebody.
        self.end()
        for number in missing:
            yield number, {"refused": [], "error": stored.NO_ANSWER % {"seconds": f"{SECONDS:g}"}}

    def end(self) -> None:
        """End the program."""
        if self._process:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                _close(pipe)
        self._process, self._read = None, b""

    def _write(self, lines: Sequence[object]) -> None:
        assert self._process
        assert self._process.stdin
        try:
            self._process.stdin.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
            self._process.stdin.flush()
        except OSError:
            self.end()
            raise CantSpeak("the program for channels has ended") from None

    def _lines(self, seconds: float) -> Iterator[Any]:
        """What the program writes within this time."""
        assert self._process
        assert self._process.stdout
        until = time.monotonic() + seconds
        selector = selectors.DefaultSelector()
        selector.register(self._process.stdout, selectors.EVENT_READ)
        while True:
            line, found, rest = self._read.partition(b"\n")
            if found:
                self._read = rest
                yield json.loads(line)
                continue
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                return
            received = os.read(self._process.stdout.fileno(), 65_536)
            if not received:
                return
            self._read += received


def _environment() -> dict[str, str]:
    own = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # Apprise uses the library requests, which reads another variable than Python.
    if certificates := own.get("SSL_CERT_FILE"):
        own.setdefault("REQUESTS_CA_BUNDLE", certificates)
    return own


def _close(pipe: IO[bytes] | None) -> None:
    # A program that has ended has not read everything.
    with suppress(OSError):
        if pipe:
            pipe.close()
