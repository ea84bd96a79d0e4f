"""What `bin/soak` takes for growth."""

import mmap
import os
import random
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.soak import plot, report, samples
from lab.soak.samples import Sample
from lab.soak.verdict import judge

# Half an hour, every 5 seconds.
MOMENTS = 360
chance = random.Random(1)


def series(start: float, *, rises: float = 0, wobbles: float = 0, warms: float = 0) -> list[float]:
    """What is at `start` in the end of its warming up, and then rises by so much altogether."""
    return [
        start - warms * max(0, 1 - 4 * n / MOMENTS) + rises * n / MOMENTS + chance.uniform(-wobbles, wobbles)
        for n in range(MOMENTS)
    ]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("memory of web, MB", series(300, rises=60, wobbles=10)),
        ("memory of beat, MB", series(50, rises=20, wobbles=1)),
        ("files of worker", series(40, rises=20)),
        ("connections in the database", series(12, rises=12)),
        ("rows of assignments", series(900, rises=900, wobbles=50)),
    ],
)
def test_what_rises_grows(name: str, values: list[float]) -> None:
    assert judge(name, values).grows


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("memory of web, MB", series(300, wobbles=20)),
        ("memory of web, MB", series(300, wobbles=5, warms=150)),
        ("memory of web, MB", series(300, rises=-100)),
        ("memory of beat, MB", series(50, rises=3, wobbles=1)),
        ("files of worker", series(40, wobbles=3)),
        ("files of worker", [40] * 350 + [400] * 10),
        ("connections in the database", series(12)),
        ("rows of assignments", series(0)),
        ("rows of assignments", series(900, wobbles=200)),
    ],
)
def test_what_stays_warms_up_or_wobbles_does_not(name: str, values: list[float]) -> None:
    assert not judge(name, values).grows


def result(values: list[float], errors: list[str]) -> report.Result:
    taken = [Sample(5.0 * n, {"memory of web, MB": value}, 100, 0.002, 0.01) for n, value in enumerate(values)]
    return report.Result(30, 100, 200, taken, Counter({201: 5000, 409: 3}), 180, errors)


def test_the_report_fails_for_an_error_or_for_growth() -> None:
    assert "**Passed**: 5,003 calls at 100 per second" in report.text(result(series(300), []), picture="soak.svg")
    failed = result(series(300), ["GET /board/: 500 oh"])
    assert not failed.passed()
    assert "- `GET /board/: 500 oh`" in report.text(failed, picture="soak.svg")
    grown = result(series(300, rises=200), [])
    assert not grown.passed()
    assert "| **grows** |" in report.text(grown, picture="soak.svg")


def test_the_picture_has_a_line_for_each_measure() -> None:
    drawn = ElementTree.fromstring(plot.svg(result(series(300), []).charts()))  # noqa: S314  (it was made here)
    lines = [element for element in drawn.iter() if element.tag.endswith("polyline")]
    assert len(lines) == 4  # Memory, p50, p99 and calls.
    assert {len(line.attrib["points"].split()) for line in lines} == {MOMENTS}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells what a process holds")
def test_a_process_that_opens_files_holds_more_of_them() -> None:
    me = {"me": os.getpid()}
    before = samples.held_by(me)
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
    # Memory of its own: what else is asked for may be had from what this process gave up before.
    kept = mmap.mmap(-1, 50_000_000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    kept.write(b"x" * len(kept))
    after = samples.held_by(me)
    assert after["files of me"] == before["files of me"] + len(opened)
    assert after["memory of me, MB"] > before["memory of me, MB"] + len(kept) / 2e6
    kept.close()
    for file in opened:
        os.close(file)
