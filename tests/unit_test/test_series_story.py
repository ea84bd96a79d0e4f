"""Random days of a series: whatever people do, its rows agree with its rule, its turns and the assignments."""

import contextlib
import random
from collections import Counter
from datetime import timedelta

import pytest

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, DailyLimitReached
from apps.models import Assignment, Occurrence, Series, Task, User, WaitingEntry
from apps.models.series import Decision
from apps.services import assignments, limit_rules, limits, series
from apps.services.series import filling
from apps.services.series.occurrences import states_of
from apps.services.shared import permissions
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person

pytestmark = pytest.mark.django_db

RULES = ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=MONTHLY;BYMONTHDAY=5,15,25,-1"]


class Story:
    """A series for three people who can do two tasks a day, and what happens to it."""

    def __init__(self, chance: random.Random, boss: User, task: Task) -> None:
        self.chance, self.boss = chance, boss
        self.people = [make_person(f"person {number}") for number in range(3)]
        self.others = [Task.objects.create(name=f"other {number}") for number in range(9)]
        limit_rules.create_rule(actor=boss, maximum=2)
        self.one = series.create_series(
            actor=boss, task_id=task.pk, user_ids=self._turns(), rrule="FREQ=DAILY", date_from=TODAY, on_full="skip"
        )
        self.gone: set[int] = set()

    def happen(self) -> None:
        action = self.chance.choice(
            [self._take_away, self._move, self._mark, self._fill_a_day, self._change, self._change, filling.fill_all]
        )
        # The task may be there already, or the day full, or nothing be left.
        with contextlib.suppress(AlreadyAssigned, AssignmentNotFound, DailyLimitReached):
            action()

    def check(self) -> None:
        """What holds after each step."""
        one = Series.objects.get(pk=self.one.pk)
        rows = list(one.occurrences.order_by("date"))
        given = Counter(row.assignment for row in rows if row.assignment)
        assert set(given.values()) <= {1}
        # Nothing of the task is without a date, and what was taken away stays away.
        assert set(Assignment.objects.filter(task=one.task_id).values_list("pk", flat=True)) <= set(given)
        assert not Assignment.objects.filter(pk__in=self.gone).exists()
        assert not Occurrence.objects.filter(decision=Decision.FULL).exists()
        waiting = {row.waiting for row in rows if row.decision == Decision.WAITING}
        assert set(WaitingEntry.objects.values_list("pk", flat=True)) <= waiting
        # Every date from today on that the rule has is decided, for the person whose turn it is.
        by_date = {row.date: row for row in rows}
        first, last = max(permissions.today(), one.anchor), max([one.filled_to, *by_date])
        turns = {turn.date: turn.user_id for turn in filling.turns_of(one, first, last)}
        assert {date for date in turns if date <= one.filled_to} <= set(by_date)
        for state in states_of(rows):
            if state.is_untouched and state.date >= first:
                assert turns.get(state.date) == state.row.user_id
        assert list(limits.drifted()) == []

    def _turns(self) -> list[int]:
        return [person.pk for person in self.chance.sample(self.people, self.chance.randint(1, 3))]

    def _some(self) -> int:
        return self.chance.choice(
            Assignment.objects.filter(task=self.one.task_id).order_by("pk").values_list("pk", flat=True) or [0]
        )

    def _take_away(self) -> None:
        number = self._some()
        assignments.unassign(actor=self.boss, assignment_id=number)
        self.gone.add(number)

    def _move(self) -> None:
        date = permissions.today() + timedelta(days=self.chance.randrange(20))
        user_id = self.chance.choice(self.people).pk
        assignments.change(actor=self.boss, assignment_id=self._some(), user_id=user_id, date=date)

    def _mark(self) -> None:
        assignments.change(actor=self.boss, assignment_id=self._some(), status="done")

    def _fill_a_day(self) -> None:
        date = permissions.today() + timedelta(days=self.chance.randrange(20))
        for task in self.chance.sample(self.others, 2):
            person = self.chance.choice(self.people)
            assignments.assign(actor=self.boss, task_id=task.pk, user_id=person.pk, date=date)

    def _change(self) -> None:
        options = {
            "rrule": self.chance.choice(RULES),
            "user_ids": self._turns(),
            "on_full": self.chance.choice(["skip", "next_free", "wait"]),
            "effort": self.chance.choice([None, 1, 2]),
        }
        names = self.chance.sample(sorted(options), self.chance.randint(0, 2))
        first = self.chance.choice([None, permissions.today() + timedelta(days=self.chance.choice([0, 3, 25]))])
        if first and "rrule" not in names:
            first = max(first, Series.objects.get(pk=self.one.pk).anchor)
        series.update_series(
            actor=self.boss, series_id=self.one.pk, first=first, **{name: options[name] for name in names}
        )


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_rows_agree(taskmaster: User, cooking: Task, settings: object, seed: int) -> None:
    settings.TOGO_SERIES_DAYS = 16
    story = Story(random.Random(seed), taskmaster, cooking)
    story.check()
    for day in range(0, 24, 2):
        with freeze_time(f"2026-03-{2 + day:02}T12:00:00Z"):
            filling.fill_all()
            story.check()
            for _ in range(2):
                story.happen()
                story.check()
