"""Lets the processes of one web server count together."""

import contextlib
import os
import shutil
import socket


def count_together() -> None:
    """Give the processes that one server started a folder for their counters, and remove those of servers that ended.

    The name has the host in it, for containers that share a TOGO_HOME and don't see each other's processes.
    """
    from django.conf import settings

    host = socket.gethostname().replace("/", "_")
    folder = settings.TOGO_HOME / "metrics"
    own = folder / f"{host}.{os.getppid()}"
    own.mkdir(parents=True, exist_ok=True)
    for other in folder.glob(f"{host}.*"):
        if other != own and not _is_alive(int(other.name.rpartition(".")[2])):
            shutil.rmtree(other, ignore_errors=True)
    os.environ.update(PROMETHEUS_MULTIPROC_DIR=str(own))


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
