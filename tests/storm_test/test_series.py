"""Jobs that fill the same series at once, and one that is killed, while people change what was assigned."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import localdate

from apps.exceptions.assignments import AssignmentNotFound
from apps.models import Assignment, Occurrence, Series, Task, User, WaitingEntry
from apps.models.series import Decision
from apps.services import assignments, series
from apps.services.series import filling
from lab.processes import ROOT, environment, wait_until
from tests.conftest import make_person
from tests.storm_test.storms import broken_days

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

DAYS = 12
_JOB = "import django; django.setup(); from apps.services.series.filling import fill_all; fill_all()"


def make_series(boss: User, settings: Any) -> list[Series]:
    """Nine series for the same three people, in different orders, who can't take all of it. Only today is assigned."""
    people = [make_person(f"person {number}").pk for number in range(3)]
    settings.TOGO_SERIES_DAYS = 0
    made = [
        series.create_series(
            actor=boss,
            task_id=Task.objects.create(name=f"task {number}", effort=2).pk,
            user_ids=people[number % 3 :] + people[: number % 3],
            rrule="FREQ=DAILY",
            date_from=localdate(),
            on_full=["skip", "next_free", "wait"][number // 3],
        )
        for number in range(9)
    ]
    settings.TOGO_SERIES_DAYS = DAYS
    return made


def at_once(*actions: Callable[[], object]) -> None:
    """Do these at the same time, each with its own connection."""

    def one(action: Callable[[], object]) -> None:
        try:
            action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        list(pool.map(one, actions))


def assert_each_date_is_decided_once(made: list[Series]) -> None:
    dates = [localdate() + timedelta(days=offset) for offset in range(DAYS + 1)]
    for one in made:
        assert list(one.occurrences.order_by("date").values_list("date", flat=True)) == dates
    assert not Occurrence.objects.filter(decision=Decision.FULL).exists()
    # Each assignment and each entry belongs to one date.
    kept = Counter(Occurrence.objects.filter(assignment__isnull=False).values_list("assignment", flat=True))
    assert set(Assignment.objects.values_list("pk", flat=True)) <= set(kept)
    assert set(kept.values()) == {1}
    waiting = Occurrence.objects.filter(decision=Decision.WAITING).values_list("waiting", flat=True)
    assert sorted(waiting) == sorted(WaitingEntry.objects.values_list("pk", flat=True))
    assert broken_days() == []
    call_command("check_limits")


def test_a_killed_job_and_many_at_once_decide_each_date_once(settings: Any) -> None:
    boss = make_person("taskmaster", is_taskmaster=True)
    made = make_series(boss, settings)
    started = Occurrence.objects.count()
    more = {"DJANGO_SETTINGS_MODULE": "togo.settings", "TOGO_SERIES_DAYS": str(DAYS)}
    with subprocess.Popen([sys.executable, "-c", _JOB], cwd=ROOT, env=environment(**more)) as job:
        try:
            wait_until(lambda: Occurrence.objects.count() > started, what="the first dates")
        finally:
            job.kill()
    assert Series.objects.filter(filled_to__lt=filling.horizon()).exists()
    taken_away: list[int] = []

    def take_some_away() -> None:
        chance = random.Random()
        for _ in range(20):
            if there := list(Assignment.objects.values_list("pk", flat=True)):
                number = chance.choice(there)
                try:
                    assignments.unassign(actor=boss, assignment_id=number)
                    taken_away.append(number)
                except AssignmentNotFound:
                    pass

    at_once(filling.fill_all, filling.fill_all, filling.fill_all, take_some_away)
    filling.fill_all()

    assert_each_date_is_decided_once(made)
    assert len(taken_away) > 5
    assert not Assignment.objects.filter(pk__in=taken_away).exists()


def test_changes_and_ends_meet_the_job(settings: Any) -> None:
    boss = make_person("taskmaster", is_taskmaster=True)
    made = make_series(boss, settings)
    ended, changed = made[::3], made[1::3]

    def change() -> None:
        for one in changed:
            series.update_series(actor=boss, series_id=one.pk, effort=1, first=localdate() + timedelta(days=3))

    def end() -> None:
        for one in ended:
            series.end_series(actor=boss, series_id=one.pk)

    at_once(filling.fill_all, filling.fill_all, change, end)
    filling.fill_all()

    assert set(Series.objects.all()) == set(made) - set(ended)
    assert not Assignment.objects.filter(task__in=[one.task_id for one in ended]).exists()
    efforts = Assignment.objects.filter(task__in=[one.task_id for one in changed])
    assert set(efforts.filter(daily_limit__date__gte=localdate() + timedelta(days=3)).values_list("effort")) == {(1,)}
    assert_each_date_is_decided_once([one for one in made if one not in ended])
