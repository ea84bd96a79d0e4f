"""Starts a private PgBouncer for the tests."""

import contextlib
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab.processes import free_port, wait_until
from togo.embedded.processes import Process


def program() -> str | None:
    """The path of PgBouncer, if it is installed."""
    return shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")


@contextlib.contextmanager
def pgbouncer(*, socket_folder: str, name: str, ignores_options: bool, size: int = 8) -> Iterator[str]:
    """Start a PgBouncer that shares `size` sessions of a PostgreSQL database among transactions, and yield its URL.

    With `ignores_options` it ignores the session options that a client sends, instead of refusing the client.
    """
    command = program()
    assert command, "pgbouncer is not installed"
    folder = Path(tempfile.mkdtemp(prefix="togo-pooler-", dir="/tmp"))
    # PgBouncer refuses to run as root, and its user must be able to reach the socket.
    owner = pwd.getpwuid(Path(socket_folder).stat().st_uid).pw_name
    user = "nobody" if owner == "root" else owner
    folder.chmod(0o755)
    port = free_port()
    log = folder / "log.txt"
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{name} = host={socket_folder} dbname={name} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {size}\nmax_client_conn = 500\n"
        f"ignore_startup_parameters = extra_float_digits{',options' if ignores_options else ''}\n"
    )
    with log.open("wb") as output:
        server = Process([command, "-u", user, str(folder / "pgbouncer.ini")], output=output, errors=output)
    try:
        wait_until(lambda: b"listening on" in log.read_bytes() or server.poll() is not None, what="PgBouncer")
        assert server.poll() is None, log.read_text()
        yield f"postgres://postgres@127.0.0.1:{port}/{name}"
    finally:
        server.stop(5)
        shutil.rmtree(folder, ignore_errors=True)
