"""The clock of tests."""

import datetime

import time_machine

NOON = "2026-03-02T12:00:00Z"  # of a Monday


def freeze_time(moment: str | datetime.datetime) -> time_machine.travel:
    """Let the clock stand still at `moment`, in the whole process; what `with` gives can `shift` it."""
    return time_machine.travel(moment, tick=False)
