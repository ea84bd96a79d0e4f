"""Debian's packages that the tests and the proof use: which are missing, and how they are installed."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


def find(program: str) -> str | None:
    """The path of a program, also of one that only root usually runs."""
    return shutil.which(program, path=_PATH)


def missing(programs: Mapping[str, str]) -> list[str]:
    """The packages that aren't installed. `programs` maps each to one of its programs, or to a file with its path."""
    return [package for package, program in programs.items() if not find(program) and not Path(program).is_file()]


def install(programs: Mapping[str, str]) -> None:
    """Install the missing packages, as root on Debian; elsewhere do nothing."""
    wanted = missing(programs)
    if not wanted or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {', '.join(wanted)} …", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *wanted]):
        subprocess.run(["apt-get", "-qq", *command], env=env, stdout=subprocess.DEVNULL, check=False)
