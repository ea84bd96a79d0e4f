"""A beat that was away, and two beats at once: no limit is missing and none is duplicated."""

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery.beat import PersistentScheduler
from django.utils.timezone import localdate

from apps.models import DailyLimit, LimitDay, User
from lab.processes import start_beat, start_worker, wait_until
from togo.celery import app
from togo.embedded.broker import Broker

pytestmark = [
    pytest.mark.no_db,
    pytest.mark.real_time,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("broker", [None], ids=["valkey"], indirect=True),
]

PEOPLE = 1500


def _make_people() -> None:
    User.objects.bulk_create([User(username=f"person {number}", password="!") for number in range(PEOPLE)])


def _is_set() -> bool:
    due = [localdate(), localdate() + timedelta(days=1)]
    return DailyLimit.objects.filter(date__in=due).count() >= 2 * PEOPLE


def assert_everybody_has_each_limit_once() -> None:
    found = Counter(DailyLimit.objects.values_list("user", "date"))
    assert len(found) == 2 * PEOPLE
    assert set(found.values()) == {1}


def _delete_limits() -> None:
    """As on a day whose limits nobody has set."""
    DailyLimit.objects.all().delete()
    LimitDay.objects.all().delete()


def _write_schedule(schedule: Path, away: timedelta) -> None:
    """Write the file of a beat that last sent its jobs `away` ago."""
    with contextlib.closing(PersistentScheduler(app=app, schedule_filename=str(schedule))) as beat:
        assert beat.schedule
        for entry in beat.schedule.values():
            entry.last_run_at = datetime.now(UTC) - away


@pytest.mark.parametrize("away", [timedelta(hours=1), timedelta(days=1), timedelta(days=7)], ids=str)
def test_a_beat_that_was_away_sends_the_due_job_at_once(broker: Broker, tmp_path: Path, away: timedelta) -> None:
    _write_schedule(tmp_path / "beat.db", away)
    with start_worker(broker.url, tmp_path):
        wait_until(lambda: LimitDay.objects.count() == 2, what="the jobs of the worker's start")
        _make_people()
        _delete_limits()

        with start_beat(broker.url, tmp_path):
            wait_until(_is_set, what="the limits")

    assert_everybody_has_each_limit_once()
    # Once, and not once for each turn that was missed.
    log = (tmp_path / "beat.txt").read_text()
    assert log.count("Sending due task set the limits of today and tomorrow") <= 2


def test_two_beats_at_once_set_each_limit_once(broker: Broker, tmp_path: Path) -> None:
    def sent(name: str) -> int:
        log = tmp_path / f"{name}.txt"
        return log.read_text().count("Sending due task set the limits") if log.exists() else 0

    _make_people()
    with (
        start_worker(broker.url, tmp_path, name="one"),
        start_worker(broker.url, tmp_path, name="two"),
        start_beat(broker.url, tmp_path, application="tests.hurried", name="first"),
        start_beat(broker.url, tmp_path, application="tests.hurried", name="second"),
    ):
        for _ in range(3):
            before = sent("first"), sent("second")
            _delete_limits()
            wait_until(
                lambda before=before: sent("first") > before[0] + 1 and sent("second") > before[1] + 1,  # type: ignore[misc]
                what="turns of both",
            )
            wait_until(_is_set, what="the limits")
            assert_everybody_has_each_limit_once()
