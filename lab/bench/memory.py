"""The memory of processes, as Linux reports it in /proc."""

import re
from pathlib import Path


def most() -> float:
    """The most megabytes that this process has held so far. (`ru_maxrss` begins with its parent's memory.)"""
    return _kilobytes("self", "VmHWM") / 1024


def resident(pid: int) -> float:
    """The megabytes that a process holds now."""
    return _kilobytes(str(pid), "VmRSS") / 1024


def _kilobytes(pid: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found, name
    return int(found[1])
