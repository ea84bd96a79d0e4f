"""Starts what is measured, each with two processes."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

from lab.processes import ROOT, end, free_port, wait_until

_GRANIAN = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "4"]
_GRANIAN += ["--no-access-log"]


def togo() -> contextlib.AbstractContextManager[int]:
    """ToGo as a container runs it; the port."""
    return server("granian", *_GRANIAN, "togo.wsgi:application")


def embedded() -> contextlib.AbstractContextManager[int]:
    """ToGo's web server as bin/run starts it, with one process; the port."""
    threads = min(4, 2 * (os.cpu_count() or 1) + 1)
    options = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1", "--no-access-log"]
    options += ["--blocking-threads", str(threads)]
    return server("granian", *options, "togo.wsgi:application")


def fastapi() -> contextlib.AbstractContextManager[int]:
    """FastAPI with asyncpg; the port."""
    options = ["--workers", "2", "--no-access-log", "--log-level", "warning"]
    return server("uvicorn", *options, "lab.bench.peers.fastapi_peer:app")


def drf() -> contextlib.AbstractContextManager[int]:
    """Django REST framework as tutorials write it, with tables of its own for what it writes; the port."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "lab.bench.peers.drf_peer.settings"}
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return server("granian", *_GRANIAN, "lab.bench.peers.drf_peer.wsgi:application")


PEERS = {"ToGo": togo, "FastAPI + asyncpg": fastapi, "Django REST framework": drf}


@contextlib.contextmanager
def all_peers() -> Iterator[dict[str, int]]:
    """ToGo and the services that it is measured beside, with their ports."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(start()) for name, start in PEERS.items()}


@contextlib.contextmanager
def server(module: str, *arguments: str, **more: str) -> Iterator[int]:
    """A module of Python that listens on a port, with all that it starts; ends it afterwards."""
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
