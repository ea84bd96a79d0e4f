"""The processor time of ToGo's web processes and of PostgreSQL, as Linux counts it: in hundredths of a second."""

import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection


def of_web(port: int) -> float:
    """The processor seconds that the web server on this port, with its processes, has taken so far."""
    return _seconds(_web_processes(port))


def of_postgresql() -> float:
    """The processor seconds that PostgreSQL's processes for this database have taken so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return _seconds(pid for (pid,) in cursor.fetchall())


def _web_processes(port: int) -> list[int]:
    """The ids of the web server that listens on the port, and of its processes."""
    listed = {int(folder.name): folder for folder in Path("/proc").iterdir() if folder.name.isdecimal()}
    asked = f"--port\0{port}\0".encode()
    [first, *_] = sorted(pid for pid, folder in listed.items() if asked in _read(folder / "cmdline"))
    return [pid for pid in listed if _group(pid) == first]


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _seconds(pids: Iterable[int]) -> float:
    fields = [_read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields if one) / os.sysconf("SC_CLK_TCK")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # The process has ended.
