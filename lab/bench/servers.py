"""Starts the servers that are measured, with two processes each unless said otherwise."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

from lab.processes import ROOT, end, free_port, wait_until

_GRANIAN = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "4"]
_GRANIAN += ["--no-access-log"]


def togo(**more: str) -> contextlib.AbstractContextManager[int]:
    """Start ToGo as a container runs it, with `more` in its environment; yields its port."""
    return server("granian", *_GRANIAN, "togo.wsgi:application", **more)


def embedded() -> contextlib.AbstractContextManager[int]:
    """Start ToGo's web server as bin/run does, with one process; yields its port."""
    threads = min(4, 2 * (os.cpu_count() or 1) + 1)
    options = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1", "--no-access-log"]
    options += ["--blocking-threads", str(threads)]
    return server("granian", *options, "togo.wsgi:application")


def fastapi(module: str = "fastapi_peer") -> contextlib.AbstractContextManager[int]:
    """Start the peer with FastAPI and asyncpg; yields its port."""
    options = ["--workers", "2", "--no-access-log", "--log-level", "warning"]
    return server("uvicorn", *options, f"lab.bench.peers.{module}:app")


def fastapi_expert() -> contextlib.AbstractContextManager[int]:
    """Start the peer that somebody who knows PostgreSQL would write; yields its port."""
    return fastapi("fastapi_expert")


def drf() -> contextlib.AbstractContextManager[int]:
    """Make the tables that the peer with Django REST framework writes to, and start it; yields its port."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "lab.bench.peers.drf_peer.settings"}
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return server("granian", *_GRANIAN, "lab.bench.peers.drf_peer.wsgi:application")


PEERS = {
    "ToGo": togo,
    "FastAPI + asyncpg": fastapi,
    "FastAPI by an expert": fastapi_expert,
    "Django REST framework": drf,
}


@contextlib.contextmanager
def all_peers() -> Iterator[dict[str, int]]:
    """Start ToGo and the services that it is compared with; yields their ports by their names."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(start()) for name, start in PEERS.items()}


@contextlib.contextmanager
def server(module: str, *arguments: str, **more: str) -> Iterator[int]:
    """Run a Python module that listens on a port; yields the port, and stops its whole process group afterwards."""
    port = free_port()
    command = [sys.executable, "-m", module, "--port", str(port), *arguments]
    environment = os.environ | more
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)

    def answers() -> bool:
        assert child.poll() is None, f"{module} ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        wait_until(answers, what=module)
        yield port
    finally:
        end(child)
