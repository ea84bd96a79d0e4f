"""A whole ToGo with all its servers, for faults to be injected into.

On a cluster it has a web server and a worker for each entry to the cluster, and beat uses the last entry.
"""

import contextlib
import http.client
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.processes import ROOT, free_port, wait_until
from lab.prove import databases
from lab.prove.calls import Caller
from lab.prove.clock import Clock
from lab.prove.databases import Database
from lab.prove.parts import Part
from lab.prove.proxy import Proxy
from togo.embedded.broker import find_server

WEB_PROCESSES = 3
WEB = "togo.wsgi:application"


class System:
    """The web server with several processes, a worker, beat, a broker and a database."""

    def __init__(self, folder: Path, database: Database, *, application: str = WEB) -> None:
        self.folder, self.database, self._application = folder, database, application
        self.ports = [free_port() for _ in database.entries]
        self.port = self.ports[0]
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
            "TOGO_TIME_ZONE": "UTC",
            "TOGO_DEFAULT_DAILY_LIMIT": "13",
        }
        self.clock = Clock(folder / "clock")
        self._jobs_env = self.env | self.clock.env
        self._envs = [self.env, self._jobs_env]
        # The clients' callers: `kill_in_mid_write` looks for one that waits for an answer.
        self.callers: list[Caller] = []
        self.webs, self.workers = [], []
        celery = ["celery", "-A", "togo.celery"]
        for number, url in enumerate(database.entries):
            web = ["granian", *self._web_options(self.ports[number])]
            self.webs.append(self._python(_name("web", number), *web, env=self._with_database(self.env, url)))
            worker = [*celery, "worker", "-n", f"worker{number}", "-l", "warning", "--concurrency", "1"]
            jobs_env = self._with_database(self._jobs_env, url)
            self.workers.append(self._python(_name("worker", number), *worker, env=jobs_env))
        self.web, self.worker = self.webs[0], self.workers[0]
        self.beat = self._python("beat", *celery, "beat", "-l", "warning", "--pidfile", "", env=jobs_env)
        self.broker = self._part("broker", [str(find_server()), *self._broker_options()])
        self.jobs = [self.broker, *self.workers, self.beat]
        self.parts = [*self.webs, *self.jobs]

    def use(self) -> None:
        """Set up Django in this process: with the same database, but past the proxy, and the same secret key."""
        import django

        os.environ.update(self.env | {"DATABASE_URL": self.database.direct, "DJANGO_SETTINGS_MODULE": "togo.settings"})
        django.setup()

    def migrate(self) -> None:
        """Make the tables, through all entries at once, as several web servers do that start together."""
        urls = self.database.entries if self.database.cluster else [self.database.direct]
        with ThreadPoolExecutor(len(urls)) as pool:
            list(pool.map(self.migrate_through, urls))

    def migrate_through(self, url: str) -> None:
        """Migrate as a web server does before it starts."""
        command = [sys.executable, "manage.py", "migrate_under_lock", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=self.env | {"DATABASE_URL": url}, check=True)

    def upgrade(self) -> None:
        """Replace one web server after the other, as a rolling upgrade does: each migrates, and then serves."""
        for number, web in enumerate(self.webs):
            web.stop()
            self.migrate_through(self.database.entries[number])
            web.start()
            wait_until(lambda number=number: self._web_answers(number), what="the new web server")  # type: ignore[misc]

    def mend(self, parts: Sequence[Part]) -> None:
        """Start the parts that aren't running."""
        for part in parts:
            if not part.runs():
                part.start()

    @property
    def zone(self) -> str:
        """The time zone of the parts that start from now on."""
        return self.env["TOGO_TIME_ZONE"]

    @zone.setter
    def zone(self, name: str) -> None:
        for env in self._envs:
            env["TOGO_TIME_ZONE"] = name

    def web_process_of(self, port: int) -> int | None:
        """The id of the web process that has the connection from that client's port."""
        inode = _inode(self.port, port)
        return next((pid for pid in self.web.children() if inode and _has(pid, inode)), None)

    def wait_for_web(self) -> None:
        """Wait until the web server answers, and start it again if it ends meanwhile.

        Granian gives up when its processes are killed one after another, and may need a while until it has ended.
        """

        def answers() -> bool:
            self.mend(self.webs)
            return all(self._web_answers(number) for number in range(len(self.webs)))

        wait_until(answers, what="the web servers")

    def set_limits(self, *options: str) -> None:
        """Run the daily job as an operator does, with the worker's clock; it may fail."""
        command = [sys.executable, "manage.py", "set_daily_limits", *options]
        with contextlib.suppress(subprocess.TimeoutExpired), (self.folder / "job.log").open("ab") as log:
            subprocess.run(command, cwd=ROOT, env=self._jobs_env, stdout=log, stderr=log, timeout=20, check=False)

    def stop_togo(self) -> None:
        """End all that may write to the database."""
        for part in reversed([*self.webs, *self.workers, self.beat]):
            part.stop()

    def stop(self) -> None:
        """End everything."""
        for part in reversed(self.parts):
            part.stop()

    def _web_answers(self, number: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[number], timeout=2)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health/live/")
            return connection.getresponse().status == http.HTTPStatus.OK
        return False

    def _with_database(self, env: dict[str, str], url: str) -> dict[str, str]:
        own = env | {"DATABASE_URL": url}
        self._envs.append(own)
        return own

    def _web_options(self, port: int) -> list[str]:
        processes = WEB_PROCESSES if len(self.ports) == 1 else 2
        options = ["--interface", "wsgi", "--no-ws", "--port", str(port), "--workers", str(processes)]
        options += ["--blocking-threads", "4", "--log-level", "warning", "--no-access-log"]
        options += ["--respawn-failed-workers", "--respawn-interval", "0.1", "--workers-kill-timeout", "5"]
        return [*options, self._application]

    def _broker_options(self) -> list[str]:
        return [
            *("--port", "0", "--unixsocket", str(self._broker_socket), "--unixsocketperm", "700"),
            *("--dir", str(self.folder), "--appendonly", "yes", "--save", "", "--loglevel", "warning"),
        ]

    def _python(self, name: str, *command: str, env: dict[str, str] | None = None) -> Part:
        return self._part(name, [sys.executable, "-m", *command], env)

    def _part(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Part:
        # The environment isn't copied, so that the next start uses its changed time zone.
        return Part(name, command, env=env or self.env, cwd=ROOT, log=self.folder / f"{name}.log")


@contextlib.contextmanager
def start(folder: Path, database_name: str, *, application: str = WEB) -> Iterator[System]:
    """Start all parts on an empty database, wait until ToGo answers, and stop everything afterwards."""
    with databases.start(database_name, folder) as database:
        system = System(folder, database, application=application)
        try:
            with system.broker_proxy:
                system.migrate()
                system.use()
                system.mend(system.parts)
                system.wait_for_web()
                yield system
        finally:
            system.stop()


def _name(part: str, number: int) -> str:
    return f"{part}{number + 1}" if number else part


def _inode(server: int, client: int) -> str | None:
    """The inode of the server's socket of a connection on this machine, by the ports of both sides."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if (columns[1][-4:], columns[2][-4:]) == (f"{server:04X}", f"{client:04X}"):
            return columns[9]
    return None


def _has(pid: int, inode: str) -> bool:
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(file.readlink()) == f"socket:[{inode}]":
                    return True
    return False
