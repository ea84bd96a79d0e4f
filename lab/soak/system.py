"""A whole ToGo on PostgreSQL as containers run it: two web processes, a worker, beat and a broker."""

import contextlib
import http.client
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from lab.processes import ROOT, free_port, wait_until
from lab.prove import databases
from lab.prove.parts import Part
from togo.embedded.broker import Broker


class System:
    """The port of the web server, the ids of the processes by their names, and the broker's URL."""

    def __init__(self, port: int, pids: dict[str, int], broker_url: str) -> None:
        self.port, self.pids, self.broker_url = port, pids, broker_url


@contextlib.contextmanager
def start(folder: Path) -> Iterator[System]:
    """Start all parts on an empty database, wait until ToGo answers, and stop everything afterwards.

    Also sets up Django in this process, on the same database.
    """
    with databases.start("postgresql", folder) as database, Broker(folder / "broker") as broker:
        port = free_port()
        env = {
            **os.environ,
            # Not through the proxy, which bin/prove uses to make the database fail.
            "DATABASE_URL": database.direct,
            "CELERY_BROKER_URL": broker.url,
            "TOGO_HOME": str(folder / "home"),
            "TOGO_LOG_DIR": str(folder / "logs"),
            "TOGO_SECRET_KEY": secrets.token_urlsafe(64),
            "TOGO_ALLOWED_HOSTS": "127.0.0.1",
            "TOGO_RATE_LIMIT": "off",
            "DJANGO_SETTINGS_MODULE": "togo.settings",
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
        os.environ.update(env)
        import django

        django.setup()
        web = ["granian", "--interface", "wsgi", "--no-ws", "--port", str(port), "--workers", "2"]
        web += ["--blocking-threads", "4", "--log-level", "warning", "--no-access-log", "--workers-kill-timeout", "20"]
        celery = ["celery", "-A", "togo.celery"]
        commands = {
            "web": [*web, "togo.wsgi:application"],
            "worker": [*celery, "worker", "-l", "warning", "--concurrency", "2"],
            "beat": [*celery, "beat", "-l", "warning", "--pidfile", ""],
        }
        parts = [
            Part(name, [sys.executable, "-m", *command], env=env, cwd=ROOT, log=folder / f"{name}.log")
            for name, command in commands.items()
        ]
        try:
            for part in parts:
                part.start()
            wait_until(lambda: _answers(port), what="the web server")
            assert database.part
            pids = {part.name: part.pid for part in [*parts, database.part]} | {"broker": broker.pid}
            yield System(port, pids, broker.url)
            ended = [part.name for part in parts if not part.runs()]
            if ended:
                raise RuntimeError(f"these parts have ended by themselves: {', '.join(ended)}")
        finally:
            for part in reversed(parts):
                part.stop()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/health/live/")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False
