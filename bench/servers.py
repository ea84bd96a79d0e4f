"""Starts what is measured, each with two processes."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

from tests.processes import ROOT, free_port, wait_until


def togo() -> contextlib.AbstractContextManager[int]:
    """ToGo as a container runs it; the port."""
    options = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--no-access-log"]
    return _server("granian", *options, "togo.wsgi:application")


def fastapi() -> contextlib.AbstractContextManager[int]:
    """FastAPI with asyncpg; the port."""
    options = ["--workers", "2", "--no-access-log", "--log-level", "warning"]
    return _server("uvicorn", *options, "bench.peers.fastapi_peer:app")


@contextlib.contextmanager
def _server(module: str, *arguments: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", module, "--port", str(port), *arguments]
    child = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, start_new_session=True)

    def answers() -> bool:
        assert child.poll() is None, f"{module} ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        wait_until(answers, what=module)
        yield port
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(20)
