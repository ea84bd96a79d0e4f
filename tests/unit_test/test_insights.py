"""The sums of the insights equal a count of the single days."""

import datetime
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from apps.exceptions.base import NotAllowed
from apps.models import Assignment, DailyLimit, Task, User
from apps.services import bulk, insights, limit_rules, limits
from tests.conftest import TODAY, make_person
from tests.shared_rows import shared_rows


def later(days: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=days)


@pytest.fixture(scope="module", autouse=True)
def _workshop(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Ten people with rules of every kind, and days of which some are set, taken or full."""
    with shared_rows(django_db_blocker, _write_workshop):
        yield


@pytest.fixture(autouse=True)
def _read_two_people_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insights, "_PEOPLE_PER_READ", 2)


@pytest.fixture
def taskmaster(db: None) -> User:
    return User.objects.get(username="taskmaster")


def _write_workshop() -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    tasks = [Task.objects.create(name=f"task {number}") for number in range(1, 9)]
    people = [make_person(f"p{number}") for number in range(10)]

    def rule(maximum: int, person: User | None = None, **when: Any) -> None:
        limit_rules.create_rule(actor=taskmaster, user_id=person and person.pk, maximum=maximum, **when)

    rule(0, weekday=5)
    rule(2, weekday=1)
    rule(1, date_from=later(7), date_to=later(8))
    for number, person in enumerate(people[:4]):
        rule(number, person)
    rule(9, people[4], date_to=later(-9))
    chance = random.Random(3)
    for _ in range(250):
        person, date = chance.choice(people), later(chance.randrange(-30, 20))
        if chance.random() < 0.1:
            limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=date, maximum=8)
        else:
            bulk.assign_each(actor=taskmaster, asked=[bulk.Item(chance.choice(tasks).pk, person.pk, date)])
    User.objects.filter(pk=people[9].pk).update(is_active=False)


def test_free_room_covers_all_active_people_and_days_that_are_not_set(taskmaster: User) -> None:
    ids = list(User.objects.active().values_list("pk", flat=True))
    days = list(limits.read(user_ids=ids, first=TODAY, last=later(13)))
    expected = [
        (later(offset), sum(day.remaining for day in days if day.date == later(offset))) for offset in range(14)
    ]
    assert {day.pk is None for day in days} == {True, False}

    assert insights.room(actor=taskmaster).rows == expected


def test_free_room_counts_limits_that_are_picked_at_random(taskmaster: User, settings: Any) -> None:
    settings.TOGO_LIMIT_PICKER = (2, 6)
    ids = list(User.objects.active().values_list("pk", flat=True))
    expected = sum(day.remaining for day in limits.read(user_ids=ids, first=TODAY, last=later(13)))

    assert sum(free for _, free in insights.room(actor=taskmaster).rows) == expected


@pytest.mark.parametrize("weeks", [1, 4, 12])
def test_the_load_of_the_last_weeks_is_taken_and_maximum_of_each_day(taskmaster: User, weeks: int) -> None:
    days = list(DailyLimit.objects.filter(date__lte=TODAY, date__gte=later(-7 * (weeks - 1))))
    dates = [later(offset) for offset in range(-7 * (weeks - 1), 1)]
    expected = [
        (
            date,
            sum(day.taken for day in days if day.date == date),
            sum(day.maximum for day in days if day.date == date),
        )
        for date in dates
    ]

    assert insights.load(actor=taskmaster, weeks=weeks).rows == expected


def test_full_days_are_counted_for_each_week(taskmaster: User) -> None:
    expected = []
    for week in range(-3, 1):
        monday = later(7 * week)
        days = DailyLimit.objects.filter(date__gte=monday, date__lte=min(monday + datetime.timedelta(days=6), TODAY))
        open_days = [day for day in days if day.maximum]
        expected.append((monday, sum(day.taken == day.maximum for day in open_days), len(open_days)))
    assert sum(full for _, full, _ in expected) > 0

    assert insights.full(actor=taskmaster, weeks=4).rows == expected


def test_the_heat_map_shows_the_days_of_a_page_of_people(taskmaster: User) -> None:
    heat = insights.heat_map(actor=taskmaster, after="p1")

    assert [row.person.username for row in heat.rows] == [*(f"p{number}" for number in range(2, 9)), "taskmaster"]
    assert (heat.preceding, heat.following) == ("p2", "")
    assert heat.dates == [later(offset) for offset in range(14)]
    for row in heat.rows:
        days = limits.read(user_ids=[row.person.pk], first=TODAY, last=later(13))
        shown = [(cell.limit.taken, cell.limit.maximum, len(cell.assignments)) for cell in row.cells]
        assert shown == [(day.taken, day.maximum, day.taken) for day in days]


def test_sums_need_a_few_queries_however_many_people_there_are(
    taskmaster: User, django_assert_num_queries: Any
) -> None:
    User.objects.bulk_create([User(username=f"more{number}", password="!") for number in range(500)])
    with django_assert_num_queries(1):
        insights.load(actor=taskmaster, weeks=4)
    # People with rules of their own are read two at a time here: two queries for each of two reads.
    with django_assert_num_queries(5 + 2 * 2):
        insights.room(actor=taskmaster)


def test_the_fullest_people_and_the_tasks_that_take_the_most_equal_a_count(taskmaster: User) -> None:
    ids = list(User.objects.active().values_list("pk", flat=True))
    known: dict[int, list[int]] = {pk: [0, 0] for pk in ids}
    for day in DailyLimit.objects.filter(user__in=ids, date__gte=TODAY, date__lte=later(13)):
        known[day.user_id][0] += day.taken
        known[day.user_id][1] += day.maximum
    expected = sorted((taken / most for taken, most in known.values() if taken), reverse=True)[:3]

    busy, idle = insights.people(actor=taskmaster, most=3)

    assert [one.taken / one.maximum for one in busy] == pytest.approx(expected, abs=0.001)
    rest = [known[pk][0] for pk in ids if pk not in {one.person.pk for one in busy}]
    assert [one.taken for one in idle] == sorted(rest)[: len(idle)]
    given = Assignment.objects.filter(daily_limit__date__gte=later(-7), daily_limit__date__lte=later(13))
    sums = Counter(dict.fromkeys(given.values_list("task", flat=True), 0))
    for task, effort in given.values_list("task", "effort"):
        sums[task] += effort
    loads = insights.by_task(actor=taskmaster, weeks=2, most=3)
    assert [one.done + one.late + one.open for one in loads] == sorted(sums.values(), reverse=True)[:3]
    assert sum(one.late for one in loads) > 0


def test_insights_are_for_taskmasters_only(alice: User) -> None:
    for ask in (insights.room, insights.heat_map):
        with pytest.raises(NotAllowed):
            ask(actor=alice)
    for ask_weeks in (insights.load, insights.full):
        with pytest.raises(NotAllowed):
            ask_weeks(actor=alice, weeks=4)
