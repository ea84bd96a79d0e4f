"""bin/bench runs, stores the results of each section, and draws them. The speed itself is never tested."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab.bench import plots, report
from lab.bench.sections import SECTIONS
from lab.processes import PATIENCE, ROOT

pytestmark = [
    pytest.mark.no_db,
    pytest.mark.skipif(
        bool(os.environ.get("DATABASE_URL")), reason="it makes its own databases; the run on SQLite tests it"
    ),
]


@pytest.mark.real_time
@pytest.mark.parametrize("sections", [["hot"], pytest.param([], id="all", marks=pytest.mark.slow)])
def test_a_section_runs_and_the_stored_results_stay_as_they_are(sections: list[str]) -> None:
    before = report.PATH.read_text()

    done = subprocess.run(
        [sys.executable, "-m", "lab.bench", *sections, "--quick"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith(("TOGO_", "DATABASE_"))},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n## ") == len(sections or SECTIONS)
    assert report.PATH.read_text() == before


def test_an_unknown_section_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab.bench", "luck"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 2
    assert "there is no section luck" in done.stderr


def test_new_results_of_a_section_replace_the_old_ones(tmp_path: Path) -> None:
    report.keep(tmp_path, "assign", ["## Assigning one task", "old"])
    report.keep(tmp_path, "bulk", ["## Many in one request"])
    report.keep(tmp_path, "assign", ["## Assigning one task", "new"])

    text = report.render(tmp_path)

    assert "old" not in text
    assert text.index("new") < text.index("## Many in one request")
    assert {"measured", "machine", "versions"} < set(json.loads((tmp_path / "bulk.json").read_text()))


def test_a_target_says_whether_it_was_reached() -> None:
    assert report.at_least("of the loop", 0.5, 0.72) == "- ✓ of the loop: target ≥ 0.5 ×, found 0.72 ×."
    assert "**Not reached:**" in report.at_least("of the loop", 0.5, 0.49)
    assert "**Not reached:**" in report.at_most("the second start", 5, 5.1, "s")


def test_a_plot_is_an_image_with_a_point_for_each_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "FOLDER", tmp_path)

    curves = plots.lines(
        "c", "Rate & time", {"ToGo": [(1, 10), (64, 0.5)], "a peer": [(1, 0)]}, x="x", y="y", log_x=True
    )
    plots.bars("b", "Rate", {"ToGo": 5178.0, "none": 0.0}, y="per second")

    assert curves == "![Rate & time](results/plots/c.svg)"
    drawn = ElementTree.parse(tmp_path / "c.svg").getroot()  # noqa: S314
    assert len(drawn.findall("{*}circle")) == 3
    assert len(ElementTree.parse(tmp_path / "b.svg").getroot().findall("{*}rect")) == 2  # noqa: S314
