"""What the processes hold, read from /proc, and what the database holds."""

import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

# Name of a measure, "memory of web" or "rows of assignments", and what it was.
Values = dict[str, float]


@dataclass
class Sample:
    """A moment: seconds since the start, what was held, and how calls went since the sample before."""

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
    """Memory in MB, open files and connections of each part, with all processes that it has started."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            # The name between the brackets may hold anything.
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
    """Rows that come and go, and connections. (Events stay for ever, that is what they are for.)"""
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
        # What PostgreSQL's processes share they touch bit by bit, and it is one buffer of a fixed size.
        found.memory = (resident - shared) * 1024
        for file in (folder / "fd").iterdir():
            found.files += 1
            with contextlib.suppress(OSError):
                found.connections += file.readlink().name.startswith("socket:")
    return found
