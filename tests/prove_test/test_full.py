"""The full campaign goes on until there is enough of everything, and adds up its rounds."""

import json
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from lab.prove import faults, full, report
from lab.prove.conductor import Conductor
from lab.prove.full import Goals
from lab.prove.system import System

GOALS = Goals(attempts=1000, faults=5, minutes=1)


def numbers(database: str, attempts: int, **times: int) -> dict[str, Any]:
    """A round in which everything was kept."""
    names = ["seconds", "attempts", "decided", "calls", "done", "refused", "unknown", "had happened", "had not"]
    names += ["refusals", "days", "rows", "events", "broken limit", "lost or doubled", "drift", "others"]
    return {
        "database": database,
        "seed": 7,
        "clients": 12,
        "date": "2026-11-24",
        "counts": dict.fromkeys(names, 0) | {"attempts": attempts, "seconds": 600},
        "operations": {"create, done": attempts},
        "faults": times,
        "answers": {"201": attempts},
        "findings": [],
    }


def each(database: str, times: int) -> dict[str, int]:
    web, jobs = faults.faults_of(database)
    return dict.fromkeys([*web, *jobs], times)


def test_begins_with_the_disk_that_only_sqlite_fills_and_ends_when_nothing_is_missing() -> None:
    assert next(iter(full.missing([], GOALS))) == "sqlite"
    sqlite = numbers("SQLite 3", 600, **each("sqlite", 5))
    missing = full.missing([sqlite], GOALS)
    assert list(missing) == ["postgresql"]
    assert {"attempts 600", "database killed 0"} <= set(missing["postgresql"])
    assert "worker killed 5" not in missing["postgresql"]
    assert full.missing([sqlite, numbers("PostgreSQL 18", 400, **each("postgresql", 5))], GOALS) == {}


def test_goes_on_with_the_rounds_that_it_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "001.json").write_text(json.dumps(numbers("SQLite 3", 600, **each("sqlite", 5))))
    asked = []

    def one(folder: Path, database: str, minutes: float, clients: int) -> bool:
        asked.append(database)
        (folder / "002.json").write_text(json.dumps(numbers("PostgreSQL 18", 400, **each("postgresql", 5))))
        return True

    monkeypatch.setattr(full, "_round", one)
    assert full.run(tmp_path, GOALS, 10, 12, lambda _: None) == 0
    assert asked == ["postgresql"]
    assert "| attempts: decisions asked for, and calls sent again | 1000 |" in (tmp_path / "report.md").read_text()


def test_a_round_that_failed_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full, "_round", lambda *_: False)
    assert full.run(tmp_path, GOALS, 10, 12, lambda _: None) == 1


def test_one_broken_promise_is_the_verdict_on_all() -> None:
    good, bad = numbers("SQLite 3", 1), numbers("PostgreSQL 18", 2)
    assert report.text_of_all([good, good]).startswith("**No limit was broken")
    bad["counts"]["broken limit"] = 1
    bad["findings"] = ["broken limit: this"]
    text = report.text_of_all([good, bad])
    assert text.startswith("**ToGo broke a promise: 1 findings.**")
    assert "- broken limit: this" in text
    assert report.text(bad).startswith("**ToGo broke a promise")


def test_the_faults_that_were_rarest_in_earlier_rounds_come_first(tmp_path: Path) -> None:
    (tmp_path / "001.json").write_text(json.dumps(numbers("SQLite 3", 600, beat=3, broker=1)))
    came = []
    conductor = Conductor(
        cast(System, None),
        {name: lambda *_, name=name: came.append(name) for name in ("beat", "broker", "worker")},
        [],
        seed="7",
        stop=threading.Event(),
        earlier=full.faults_so_far(tmp_path),
    )
    for _ in range(6):
        conductor._inject_fault()
    assert (came[0], sorted(came[1:3]), sorted(came[3:5])) == ("worker", ["broker", "worker"], ["broker", "worker"])
    assert came[5] in {"beat", "broker", "worker"}
