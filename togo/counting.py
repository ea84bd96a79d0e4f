"""Adds up the metrics of all processes of one web server."""

import contextlib
import os
import shutil
import socket


def share_counters() -> None:
    """Give the processes of one server a common folder for their counters, and remove the folders of ended servers.

    The folder's name contains the host: containers that share a TOGO_HOME don't see each other's processes.
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
