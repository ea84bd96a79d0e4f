"""Campaigns against a real ToGo: a short one finds nothing, and the control is found."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.processes import ROOT

pytestmark = pytest.mark.real_time


def prove(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "lab.prove", "--seed", "1", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)


def test_a_minute_of_faults_breaks_no_promise(tmp_path: Path) -> None:
    done = prove("--minutes", "1", "--report", str(tmp_path / "report.md"))
    assert done.returncode == 0, done.stdout + done.stderr
    report = (tmp_path / "report.md").read_text()
    assert report.startswith("**No limit was broken, and nothing that was acknowledged was lost.**")
    for fault in ("web process killed", "worker killed", "broker flushed", "disk full"):
        assert f"| {fault} |" in report


# tests/storm_test/test_efforts.py runs the second control, and test_checker.py finds what it does.
@pytest.mark.parametrize("control", ["guard", pytest.param("effort", marks=pytest.mark.slow)])
def test_a_control_that_breaks_the_limit_is_found(control: str) -> None:
    done = prove("--minutes", "0.1", "--control", control)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The checker found that the control broke the limit." in done.stdout
