"""Statements that are composed once do what they would do if they were composed for every run."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext

from apps.models import Assignment, DailyLimit, Event, Task, User, composed
from apps.models.events import Kind
from apps.models.limits import DAY_COLUMNS
from apps.services import assignments

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def _of(newest_first: bool, *, user: int, day: date) -> QuerySet[Assignment]:
    found = Assignment.objects.filter(daily_limit__user=user, daily_limit__date=day)
    return found.order_by("-pk" if newest_first else "pk")


def _read(user: User, day: date, *, newest_first: bool = False) -> list[Assignment]:
    values = {"user": user.pk, "day": day}
    return composed.read_objects(_of, (newest_first,), values, {"daily_limit": DAY_COLUMNS})


@pytest.fixture
def given(taskmaster: User, alice: User, stranger: User, tasks: list[Task]) -> dict[tuple[int, date], list[int]]:
    """Two tasks of each person on each day: their assignments."""
    return {
        (person.pk, day): [
            assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=day).pk for task in tasks[:2]
        ]
        for person in (alice, stranger)
        for day in (MONDAY, TUESDAY)
    }


def test_a_shape_brings_the_rows_of_each_runs_own_values(given: Any, alice: User, stranger: User) -> None:
    for person, day in ((alice, MONDAY), (stranger, MONDAY), (alice, TUESDAY), (stranger, TUESDAY), (alice, MONDAY)):
        assert [one.pk for one in _read(person, day)] == given[person.pk, day]
        assert [one.pk for one in _read(person, day, newest_first=True)] == given[person.pk, day][::-1]


def test_objects_are_as_django_reads_them_and_need_no_further_query(given: Any, alice: User) -> None:
    expected = _of(newest_first=False, user=alice.pk, day=MONDAY)

    with CaptureQueriesContext(connection) as queries:
        found = _read(alice, MONDAY)
        seen = [(_columns(one), _columns(one.daily_limit)) for one in found]

    assert len(queries) == 1
    assert seen == [(_columns(one), _columns(DailyLimit.objects.get(pk=one.daily_limit_id))) for one in expected]
    assert found == list(expected)


def test_further_shapes_are_composed_for_every_run(given: Any, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composed, "_MOST_SHAPES", 0)
    monkeypatch.setattr(composed, "_composed", {})

    assert [one.pk for one in _read(alice, MONDAY)] == given[alice.pk, MONDAY]
    assert not composed._composed


def _raised(*, name: str, effort: int) -> composed.Update:
    return Task.objects.filter(name=name, is_active=True), {"effort": F("effort") + effort}


def test_an_update_changes_the_rows_of_each_runs_own_values(tasks: list[Task]) -> None:
    first, second, *others = tasks
    Task.objects.filter(pk=others[0].pk).update(is_active=False)

    def raised(task: Task) -> int:
        return composed.update_rows(_raised, (), {"name": task.name, "effort": 2})

    assert [raised(first), raised(first), raised(second), raised(others[0])] == [1, 1, 1, 0]
    efforts = dict(Task.objects.values_list("pk", "effort"))
    assert efforts == {first.pk: 5, second.pk: 3, **{task.pk: 1 for task in others}}


def _found(*, name: str) -> QuerySet[Task]:
    return Task.objects.filter(name=name)


def test_a_changed_row_is_returned_as_it_is_then(tasks: list[Task]) -> None:
    first, second, *_ = tasks
    Task.objects.filter(pk=second.pk).update(is_active=False)

    def raised(task: Task) -> Task | None:
        return composed.update_object(_raised, {"name": task.name, "effort": 2}, _found, {"name": task.name})

    assert raised(second) is None
    changed = [_columns(one) for one in (raised(first), raised(first))]

    assert [columns["effort"] for columns in changed] == [3, 5]
    assert changed[1] == _columns(Task.objects.get(pk=first.pk))


def test_a_row_is_inserted_as_django_inserts_it(alice: User) -> None:
    saved = Event.objects.create(kind=Kind.ASSIGNED, actor=alice.pk, date=MONDAY, data={"é": [1, None]})
    columns = _columns(saved)
    del columns["id"]

    pk = composed.insert_row(Event, columns)

    rows = list(Event.objects.order_by("pk").values())
    assert [row.pop("id") for row in rows] == [saved.pk, pk]
    assert rows[0] == rows[1]


def _columns(one: Any) -> dict[str, Any]:
    return {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}
