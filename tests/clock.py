"""The clock of tests."""

import datetime
import time

import pytest
import time_machine

NOON = "2026-03-02T12:00:00Z"  # of a Monday


def freeze_time(moment: str | datetime.datetime) -> time_machine.travel:
    """Stop the clock at `moment` in the whole process. The object that `with` gives can `shift` it."""
    return time_machine.travel(moment, tick=False)


def stop_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock by which calls are counted stand still, too, so that a slow test gets no new calls."""
    now = time.monotonic_ns()
    monkeypatch.setattr(time, "monotonic_ns", lambda: now)
