"""The databases of a campaign: it makes SQLite, PostgreSQL and clusters itself; for MariaDB it is given a URL."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.clusters import cluster as clusters
from lab.clusters.cluster import Cluster
from lab.clusters.galera import Galera
from lab.clusters.patroni import Patroni
from lab.databases import create_postgresql
from lab.processes import wait_until
from lab.prove.parts import Part
from lab.prove.proxy import Proxy

CLUSTERS: dict[str, Callable[[Path], Cluster]] = {"patroni": Patroni, "galera": Galera}


@dataclass
class Database:
    """ToGo uses `url`, the checker `direct`. Faults kill the server's `part`, and make its `proxy` fail.

    A cluster has several `entries`, for several web servers and workers.
    """

    name: str
    url: str
    direct: str
    part: Part | None = None
    proxy: Proxy | None = None
    cluster: Cluster | None = None

    @property
    def entries(self) -> list[str]:
        """The URLs that web servers and workers use."""
        return self.cluster.entries if self.cluster else [self.url]

    def restart(self) -> None:
        """Start the killed server again, and wait until it has recovered."""
        if self.part:
            part = self.part

            def answers() -> bool:
                # The server can't start while processes of the killed one still hold its shared memory.
                if not part.runs():
                    part.start()
                return _answers(self.direct)

            wait_until(answers, what="the database")


@contextlib.contextmanager
def start(name: str, folder: Path) -> Iterator[Database]:
    """Start the database `sqlite` or `postgresql`, or use an empty one elsewhere by its URL; that one isn't killed."""
    if name == "sqlite":
        url = f"sqlite:///{folder / 'togo.sqlite3'}"
        yield Database(name, url, url)
    elif name == "postgresql":
        with _postgresql(folder) as database:
            yield database
    elif name in CLUSTERS:
        with clusters.running(CLUSTERS[name], folder / "cluster") as cluster:
            yield Database(name, cluster.entries[0], cluster.entries[0], cluster=cluster)
    elif "://" in name:
        yield Database(name.partition(":")[0], name, name)
    else:
        raise SystemExit("--database must be sqlite, postgresql, or the URL of an empty database.")


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[Database]:
    """A server of the campaign's own, as a part that can be killed, behind a proxy that can fail."""
    data = folder / "postgresql"
    command, user = create_postgresql(data)
    command += ["-c", "max_connections=200"]
    part = Part("database", command, env=os.environ, cwd=data, log=folder / "postgresql.log", user=user)
    direct = f"postgres://postgres@/postgres?host={data}"
    try:
        with Proxy(data / ".s.PGSQL.5432") as proxy:
            database = Database(
                "postgresql", f"postgres://postgres@127.0.0.1:{proxy.port}/postgres", direct, part, proxy
            )
            database.restart()
            yield database
    finally:
        # After SIGINT, unlike SIGTERM, PostgreSQL doesn't wait for its clients.
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
