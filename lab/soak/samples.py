"""Measures the processes' memory, files and connections, read from /proc, and the rows in the database."""

import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

# The value of each measure by its name, such as "files of web" or "rows of assignments".
Values = dict[str, float]


@dataclass
class Sample:
    """The measures at one moment, in seconds since the start, and the calls since the sample before."""

    at: float
    held: Values
    calls: float = 0.0
    p50: float = 0.0
    p99: float = 0.0


@dataclass
class _Process:
    memory: int = 0
    files: int = 0
    connections: int = 0
    children: list[int] = field(default_factory=list)


def held_by(pids: dict[str, int]) -> Values:
    """The memory in MB, open files and connections of each part, including all processes that it started."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            # Read the fields after the name: it is in brackets and may contain anything.
            children[int(status.read_text().rpartition(")")[2].split()[1])].append(int(status.parent.name))
    held: Values = {}
    for name, pid in pids.items():
        tree = [pid]
        for one in tree:
            tree += children[one]
        processes = [_look(one) for one in tree]
        held[f"memory of {name}, MB"] = sum(process.memory for process in processes) / 1e6
        held[f"files of {name}"] = sum(process.files for process in processes)
        held[f"connections of {name}"] = sum(process.connections for process in processes)
    return held


def held_in_database() -> Values:
    """The numbers of connections and of rows that come and go. (Events aren't counted, because they stay for ever.)"""
    from django.db import connection

    from apps.models import Assignment, DailyLimit, LimitRule

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        (connections,) = cursor.fetchone()
    return {
        "connections in the database": connections,
        "rows of assignments": Assignment.objects.count(),
        "rows of limits": DailyLimit.objects.count(),
        "rows of rules": LimitRule.objects.count(),
    }


def _look(pid: int) -> _Process:
    found = _Process()
    folder = Path(f"/proc/{pid}")
    with contextlib.suppress(OSError):
        lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        resident, shared = (int(lines[name].split()[0]) for name in ("VmRSS", "RssShmem"))
        # Without shared memory: PostgreSQL's shared buffer has a fixed size, but its processes touch it bit by bit.
        found.memory = (resident - shared) * 1024
        for file in (folder / "fd").iterdir():
            found.files += 1
            with contextlib.suppress(OSError):
                found.connections += file.readlink().name.startswith("socket:")
    return found
