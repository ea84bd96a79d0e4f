"""A whole ToGo with all its servers, to be hurt."""

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from prove import databases
from prove.databases import Database
from prove.parts import Part, wait_until
from prove.proxy import Proxy
from togo.embedded.broker import find_server

ROOT = Path(__file__).resolve().parent.parent
WEB_PROCESSES = 3


class System:
    """The web server with several processes, a worker, beat, a broker and a database."""

    def __init__(self, folder: Path, database: Database, *, code: Path = ROOT) -> None:
        self.folder, self.database, self._code = folder, database, code
        self.port = _free_port()
        self._broker_socket = folder / "broker.sock"
        self.broker_proxy = Proxy(self._broker_socket)
        self.env = {
            **os.environ,
            "DATABASE_URL": database.url,
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{self.broker_proxy.port}/0",
            "TOGO_HOME": str(folder / "home"),
            "TOGO_LOG_DIR": str(folder / "logs"),
            "TOGO_SECRET_KEY": os.environ.get("TOGO_SECRET_KEY") or secrets.token_urlsafe(64),
            "TOGO_ALLOWED_HOSTS": "127.0.0.1",
            "TOGO_RATE_LIMIT": "off",
        }
        self.web = self._python("web", "granian", *self._web_options())
        celery = ["celery", "-A", "togo.celery"]
        self.worker = self._python("worker", *celery, "worker", "-l", "warning", "--concurrency", "1")
        self.beat = self._python("beat", *celery, "beat", "-l", "warning", "--pidfile", "")
        self.broker = self._part("broker", [str(find_server()), *self._broker_options()])
        self.parts = [self.broker, self.web, self.worker, self.beat]

    def use(self) -> None:
        """Let this process read the same database, past the proxy, and make the same tokens."""
        import django

        os.environ.update(self.env | {"DATABASE_URL": self.database.direct, "DJANGO_SETTINGS_MODULE": "togo.settings"})
        django.setup()

    def migrate(self) -> None:
        """Make the tables."""
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        env = self.env | {"DATABASE_URL": self.database.direct}
        subprocess.run(command, cwd=self._code, env=env, check=True)

    def mend(self) -> list[str]:
        """Start what isn't running; returns what that was."""
        dead = [part for part in self.parts if not part.runs()]
        for part in dead:
            part.start()
        return [part.name for part in dead]

    def wait_for_web(self) -> None:
        """Until it answers."""
        wait_until(self._web_answers, "the web server")

    def set_limits(self, date: str) -> None:
        """The daily job of a date, as an operator runs it; its end doesn't matter here."""
        command = [sys.executable, "manage.py", "set_daily_limits", "--date", date]
        with contextlib.suppress(subprocess.TimeoutExpired), (self.folder / "job.log").open("ab") as log:
            subprocess.run(command, cwd=self._code, env=self.env, stdout=log, stderr=log, timeout=20, check=False)

    def stop(self) -> None:
        """End everything."""
        for part in reversed(self.parts):
            part.stop()

    def _web_answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health/live/")
            return connection.getresponse().status == http.HTTPStatus.OK
        return False

    def _web_options(self) -> list[str]:
        options = ["--interface", "wsgi", "--no-ws", "--port", str(self.port), "--workers", str(WEB_PROCESSES)]
        options += ["--blocking-threads", "4", "--log-level", "warning", "--no-access-log"]
        options += ["--respawn-failed-workers", "--respawn-interval", "0.1", "--workers-kill-timeout", "5"]
        return [*options, "togo.wsgi:application"]

    def _broker_options(self) -> list[str]:
        return [
            *("--port", "0", "--unixsocket", str(self._broker_socket), "--unixsocketperm", "700"),
            *("--dir", str(self.folder), "--appendonly", "yes", "--save", "", "--loglevel", "warning"),
        ]

    def _python(self, name: str, *command: str) -> Part:
        return self._part(name, [sys.executable, "-m", *command])

    def _part(self, name: str, command: list[str]) -> Part:
        return Part(name, command, env=self.env, cwd=self._code, log=self.folder / f"{name}.log")


@contextlib.contextmanager
def start(folder: Path, database_name: str, *, code: Path = ROOT) -> Iterator[System]:
    """All of it, ready and empty; ended with everything it started."""
    with databases.start(database_name, folder) as database:
        system = System(folder, database, code=code)
        try:
            with system.broker_proxy:
                system.migrate()
                system.use()
                system.mend()
                system.wait_for_web()
                yield system
        finally:
            system.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
