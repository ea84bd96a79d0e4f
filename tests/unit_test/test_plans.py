"""Every query that a caller waits for uses an index: none reads a table that grows from end to end.

The queries are the ones that calls and jobs really send. On PostgreSQL the planner avoids sequential scans and joins
that read all rows of a side, because reading a test's few rows can be faster than using the index. A table that is
still read from end to end has no index that fits the query, however many rows there are.
"""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.test import Client
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Event, LimitDay, LimitRule, Task, User
from apps.services import imports, limit_rules, limits
from apps.services.imports import blocks
from apps.services.series import filling
from apps.services.shared import picking
from tests.conftest import make_person
from tests.shared_rows import shared_rows
from tests.unit_test.plans import full_scans, rows_read

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        "__import__('django.db').db.connection.vendor == 'mysql'", reason="it describes plans in another way"
    ),
]

PEOPLE = 2000
DAYS = [date(2026, 3, 2) + timedelta(days=offset) for offset in range(6)]
LIST = "/api/users/assignment/"


@pytest.fixture(scope="module", autouse=True)
def _many_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """2,000 people with 12,000 days that are set, and as many assignments."""
    with shared_rows(django_db_blocker, _write_many_rows):
        yield


def _write_many_rows() -> None:
    taskmaster = make_person("taskmaster", is_taskmaster=True)
    tasks = [Task.objects.create(name=f"task {number}") for number in range(1, 9)]
    User.objects.bulk_create([User(username=f"p{number}", password="!") for number in range(PEOPLE)], batch_size=500)
    people = list(User.objects.order_by("pk"))[1:]
    set_by_default = {"wanted": 3, "maximum": 3, "source_kind": "default", "rules_version": picking.current_version()}
    DailyLimit.objects.bulk_create(
        [DailyLimit(user=one, date=day, taken=1, **set_by_default) for day in DAYS for one in people], batch_size=500
    )
    days = list(DailyLimit.objects.order_by("pk"))
    Assignment.objects.bulk_create(
        [Assignment(daily_limit=day, task=tasks[day.pk % 8], taskmaster=taskmaster) for day in days], batch_size=500
    )
    Event.objects.bulk_create(
        [Event(actor=1, kind="assigned", user=day.user_id, task=1, date=day.date, assignment=day.pk) for day in days],
        batch_size=500,
    )
    LimitDay.objects.bulk_create(LimitDay(date=day, done_at=datetime(2026, 3, 2, tzinfo=UTC)) for day in DAYS)
    User.objects.update(active_since=datetime(2026, 3, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.fixture
def taskmaster(db: None) -> User:
    return User.objects.get(username="taskmaster")


@pytest.fixture
def tasks(db: None) -> list[Task]:
    return list(Task.objects.order_by("pk"))


@pytest.fixture
def caller(taskmaster: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    """A taskmaster's client. PostgreSQL avoids plans that read whole tables."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in ("seqscan", "hashjoin", "mergejoin"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return signed_in(taskmaster)


def person() -> User:
    return User.objects.get(username="p77")


def read_pages(caller: APIClient, address: str) -> None:
    """Read the first page, the next one, and the first again."""
    page = caller.get(address)
    assert page.status_code == 200, page.content
    if following := page.json()["next"]:
        page = caller.get(following)
        assert page.json()["results"]
        assert caller.get(page.json()["previous"]).status_code == 200


def test_assigning_unassigning_and_refusals_use_indexes(caller: APIClient, tasks: list[Task]) -> None:
    alice = person()
    Assignment.objects.filter(daily_limit__user=alice).delete()
    DailyLimit.objects.filter(user=alice).update(taken=0)
    with full_scans() as found:
        answers = [
            caller.post(LIST, {"task": task.pk, "user": alice.pk, "date": "2026-03-02"}, format="json")
            for task in [*tasks[:4], tasks[0]]
        ]
        one = answers[0].json()["id"]
        answers += [
            caller.post(f"{LIST}earliest/", {"task": tasks[5].pk, "user": alice.pk}, format="json"),
            caller.post(LIST, {"task": tasks[6].pk, "user": alice.pk, "date": "2026-05-02"}, format="json"),
            caller.post(
                LIST,
                {"task": tasks[7].pk, "user": alice.pk, "date": "2026-03-05"},
                format="json",
                headers={"Idempotency-Key": "once"},
            ),
            caller.patch(f"{LIST}{one}/", {"date": "2026-03-06", "status": "done"}, format="json"),
            caller.get(f"{LIST}{one}/"),
            caller.delete(f"{LIST}{one}/"),
            caller.post(
                f"{LIST}bulk/",
                {
                    "mode": "each",
                    "assignments": [{"task": task.pk, "user": alice.pk, "date": "2026-03-07"} for task in tasks],
                },
                format="json",
            ),
        ]
    assert [answer.status_code for answer in answers] == [201] * 3 + [409] * 2 + [201] * 3 + [200, 200, 204, 207]
    assert found == []


@pytest.mark.parametrize("ordering", ["date", "-date", "created_at", "-created_at"])
def test_lists_of_assignments_use_indexes(caller: APIClient, tasks: list[Task], ordering: str) -> None:
    who = person().pk
    with full_scans() as found:
        for some in (
            f"user={who}",
            "date=2026-03-04",
            f"task={tasks[3].pk}",
            "status=open&date_from=2026-03-03&date_to=2026-03-04",
            f"user={who}&date_from=2026-03-03",
        ):
            read_pages(caller, f"{LIST}?ordering={ordering}&page_size=20&{some}")
    assert found == []


@pytest.mark.skipif(
    "__import__('django.db').db.connection.vendor != 'postgresql'", reason="only PostgreSQL counts the rows"
)
@pytest.mark.parametrize(
    "some",
    [f"{filter_}&ordering={way}date" for filter_ in ("date=2026-03-04", "status=open") for way in ("", "-")]
    + [f"status=open&ordering={way}created_at" for way in ("", "-")],
)
def test_a_later_page_reads_only_the_rows_that_it_shows(caller: APIClient, some: str) -> None:
    """An index finds the page without reading the pages before it."""
    one_a_second = F("created_at") + F("pk") * timedelta(seconds=1)
    Assignment.objects.update(created_at=ExpressionWrapper(one_a_second, DateTimeField()))
    page = f"{LIST}?page_size=200&{some}"
    for _ in range(4):
        page = caller.get(page).json()["next"]
    with rows_read() as read:
        shown = caller.get(page).json()["results"]
    assert len(shown) == 200
    assert 200 <= read["togo_assignment"] <= 250
    assert 200 <= read["togo_dailylimit"] <= 250


@pytest.mark.skipif(
    "__import__('django.db').db.connection.vendor != 'postgresql'", reason="only PostgreSQL counts the rows"
)
@pytest.mark.parametrize("ordering", ["date", "-date", "created_at", "-created_at"])
def test_a_page_of_a_person_reads_only_the_rows_that_it_shows(
    caller: APIClient, taskmaster: User, tasks: list[Task], ordering: str
) -> None:
    alice = person()
    day = {"wanted": 1, "maximum": 1, "taken": 1, "source_kind": "default", "rules_version": picking.current_version()}
    long_ago = [date(2025, 1, 1) + timedelta(days=offset) for offset in range(200)]
    days = DailyLimit.objects.bulk_create(DailyLimit(user=alice, date=one, **day) for one in long_ago)
    Assignment.objects.bulk_create(Assignment(daily_limit=one, task=tasks[0], taskmaster=taskmaster) for one in days)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE togo_assignment, togo_dailylimit")

    with rows_read() as read:
        shown = caller.get(f"{LIST}?user={alice.pk}&ordering={ordering}&page_size=20").json()["results"]

    assert len(shown) == 20
    assert 20 <= read["togo_assignment"] <= 30
    assert 20 <= read["togo_dailylimit"] <= 30


def test_availability_limits_history_and_people_use_indexes(caller: APIClient) -> None:
    who = person().pk
    with full_scans() as found:
        read_pages(caller, "/api/users/availability/?date=2026-03-04&page_size=20")
        read_pages(caller, "/api/users/availability/?date=2026-04-04&page_size=20")
        read_pages(caller, "/api/users/?page_size=20")
        read_pages(caller, "/api/users/?page_size=20&q=p7")
        read_pages(caller, "/api/users/event/?page_size=20&task=1")
        read_pages(caller, "/api/users/event/?page_size=20&date_from=2026-03-04&date_to=2026-03-04")
        others = [
            caller.get(f"/api/users/availability/?user={who}"),
            caller.get(f"/api/users/limit/?user={who}&date_from=2026-03-01&date_to=2026-05-30"),
            caller.put(f"/api/users/limit/{who}/2026-03-04/", {"maximum": 9}, format="json"),
            caller.delete(f"/api/users/limit/{who}/2026-03-04/"),
            caller.get("/api/users/me/"),
        ]
        if connection.vendor == "postgresql":
            # SQLite reads all events, newest first, until a page is full: it uses one index for two columns only if
            # it needn't sort.
            read_pages(caller, f"/api/users/event/?page_size=2&user={who}")
    assert [answer.status_code for answer in others] == [200] * 5
    assert found == []


def test_pages_use_indexes(caller: APIClient, taskmaster: User, client: Client) -> None:
    """Except insights, which adds up everybody's days."""
    client.force_login(taskmaster)
    with full_scans() as found:
        page = client.get("/board/")
        others = [client.get(address) for address in ("/board/?after=p1500", "/board/?q=p77", "/today/")]
    assert [answer.status_code for answer in [page, *others]] == [200] * 4
    assert found == []


def test_jobs_use_indexes(caller: APIClient, taskmaster: User, tasks: list[Task]) -> None:
    """Except the job that recounts all days, which has to read them all, and the search for people without a limit,
    which has to read everyone."""
    new = date(2026, 3, 20)
    DailyLimit.objects.filter(date=DAYS[1]).update(rules_version=0)
    LimitRule.objects.create(user=person(), maximum=1, version=1)
    rows = "".join(f"{tasks[0].pk},p{number},2026-03-05\n" for number in range(20))
    file = io.BytesIO(f"task,user,date\n{rows}".encode())
    whole = imports.start(actor=taskmaster, file=file, dry_run=False)
    with full_scans() as found:
        first_id, last_id = person().pk, person().pk + 1000
        assert limits.set_chunk(new, first_id, last_id) == 1001
        limit_rules.create_rule(actor=taskmaster, maximum=4)
        assert blocks.do_next_block(whole.pk)
    assert found == []


def test_series_use_indexes(caller: APIClient, tasks: list[Task], settings: Any) -> None:
    settings.TOGO_SERIES_DAYS = 5
    body = {"task": tasks[0].pk, "user": person().pk, "rrule": "FREQ=DAILY", "on_full": "wait"}
    with full_scans() as found:
        made = caller.post("/api/users/series/", {**body, "date_from": "2026-03-02"}, format="json")
        path = made["Location"].removeprefix("http://testserver")
        settings.TOGO_SERIES_DAYS = 9
        filling.fill_all()
        read_pages(caller, f"{path}occurrence/?page_size=4")
        others = [caller.patch(path, {"effort": 2}, format="json"), caller.delete(path)]
        filling.remove_old()
    assert [answer.status_code for answer in [made, *others]] == [201, 200, 204]
    assert found == []


def test_a_full_scan_is_found(caller: APIClient) -> None:
    with full_scans() as found:
        list(Assignment.objects.filter(done_at__isnull=False))
        list(User.objects.filter(first_name="Bob").order_by("username"))
    assert [one.partition(":")[0] for one in found] == ["togo_assignment", "togo_user"]
