"""Runs the full campaign: rounds, each on a new database and checked by itself, until the goals are reached."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.processes import ROOT
from lab.prove import cluster_faults, faults, report
from lab.prove.clock import library
from lab.prove.databases import CLUSTERS
from lab.prove.report import Numbers


@dataclass
class Goals:
    """How many attempts and how many faults of each kind are wanted; no round begins after so many minutes."""

    attempts: int = 1_000_000
    faults: int = 50
    minutes: float = 120
    databases: tuple[str, ...] = ("sqlite", "postgresql")


def missing(rounds: Sequence[Numbers], goals: Goals) -> dict[str, list[str]]:
    """The goals that aren't reached yet, by the database of the rounds that will reach them.

    Rounds on SQLite are only for the full disk; missing attempts are made on the last database.
    """
    done = report.total(rounds)
    lacks: dict[str, list[str]] = {}
    for database in goals.databases:
        web, jobs = cluster_faults.faults_of(database)
        wanted = faults.FILE if database == "sqlite" else web | jobs
        few = [f"{name} {done['faults'].get(name, 0)}" for name in sorted(wanted)]
        lacks[database] = [one for one in few if int(one.rpartition(" ")[2]) < goals.faults]
    if (attempts := done["counts"].get("attempts", 0)) < goals.attempts:
        lacks[goals.databases[-1]].append(f"attempts {attempts}")
    return {database: some for database, some in lacks.items() if some}


def run(folder: Path, goals: Goals, minutes: float, clients: int, say: Callable[[str], None]) -> int:
    """Add rounds to those in the folder, until the goals are reached or a round fails.

    Returns 0 if the goals are reached and every promise was kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    while lacks := missing(rounds := _rounds(folder), goals):
        gone = (time.monotonic() - began) / 60
        if gone > goals.minutes:
            say(f"Stopped after {gone:.0f} minutes.")
            break
        database, few = next(iter(lacks.items()))
        say(f"{len(rounds)} rounds are done, after {gone:.0f} minutes. Too few yet: {', '.join(few)}.")
        if not _round(folder, database, minutes, clients):
            say("That round failed; its logs are kept. Start again to go on without it.")
            return 1
    text = report.text_of_all(rounds)
    (folder / "report.md").write_text(text)
    say(text)
    if not library():
        say("Clocks didn't jump, because Debian's libfaketime is not installed.")
    return 1 if lacks or any(one["findings"] for one in rounds) else 0


def faults_so_far(folder: Path) -> Counter[str]:
    """How often each kind of fault came in the rounds in that folder."""
    return Counter(report.total(_rounds(folder))["faults"])


def _rounds(folder: Path) -> list[Numbers]:
    return [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]


def _round(folder: Path, database: str, minutes: float, clients: int) -> bool:
    """Run a round in a process of its own, so that its memory is freed; returns whether every promise was kept."""
    name = folder / f"{len(_rounds(folder)) + 1:03}"
    seed = random.SystemRandom().randrange(10**9)
    on = "--on" if database in CLUSTERS else "--database"
    command = [sys.executable, "-m", "lab.prove", on, database, "--minutes", f"{minutes:g}"]
    command += ["--clients", str(clients), "--seed", str(seed)]
    command += ["--json", f"{name}.json", "--report", f"{name}.md", "--keep", str(name)]
    command += ["--after", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    return done.returncode == 0
