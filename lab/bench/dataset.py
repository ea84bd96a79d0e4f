"""The people, days and tasks of the benchmarks' calls; SQL makes them, because there are many."""

import datetime
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from apps.models import LimitDay, Task, User
from apps.services.shared import picking
from lab.bench.load import Requests, post

PATH = "/api/users/assignment/"


@dataclass
class Dataset:
    """The ids of people and tasks, the dates, and requests for assignments that don't exist yet."""

    token: str
    people: list[int]
    dates: list[datetime.date]
    tasks: list[int]
    next_round: "itertools.count[int]"
    next_hot: "itertools.count[int]"

    def assignments(self, connections: int) -> Requests:
        """Requests for one assignment each; every one fits, and none is repeated."""
        places = len(self.people) * len(self.dates)
        number = next(self.next_round)
        task = self.tasks[number]

        def requests(connection_number: int) -> Iterator[bytes]:
            for place in range(connection_number, places, connections):
                person = self.people[place % len(self.people)]
                date = self.dates[place // len(self.people)]
                yield post(PATH, self.token, json.dumps({"task": task, "user": person, "date": str(date)}).encode())

        return requests

    def bulks(self, connections: int, *, size: int) -> Requests:
        """Requests for `size` assignments each; every assignment fits, and none is repeated."""
        singles = list(itertools.product(self.dates, self.people))
        number = next(self.next_round)

        def requests(connection_number: int) -> Iterator[bytes]:
            for start in range(connection_number * size, len(singles) - size + 1, connections * size):
                items = [
                    {"task": self.tasks[number], "user": person, "date": str(date)}
                    for date, person in singles[start : start + size]
                ]
                yield post(f"{PATH}bulk/", self.token, json.dumps({"assignments": items}).encode())

        return requests

    def storm(self, connections: int, *, maximum: int, each: int | None = None) -> Requests:
        """Requests for different tasks on one new day of one person, with a limit of `maximum`.

        Each connection makes at most `each` requests; together they ask for each task at most once.
        """
        person = self.people[next(self.next_hot) % len(self.people)]
        date = self.dates[-1] + datetime.timedelta(days=1)
        with connection.cursor() as cursor:
            cursor.execute(_A_DAY, [str(date), maximum, maximum, person])

        def requests(connection_number: int) -> Iterator[bytes]:
            tasks = self.tasks[connection_number::connections][:each]
            for task in tasks:
                yield post(PATH, self.token, json.dumps({"task": task, "user": person, "date": str(date)}).encode())

        return requests


_A_DAY = """
INSERT INTO togo_dailylimit (user_id, date, wanted, maximum, taken, source_kind, source_reason, rules_version)
SELECT id, %s, %s, %s, 0, 'hand', '', 1 FROM togo_user WHERE id = %s"""


def create(people: int, days: int, *, tasks: int = 500) -> Dataset:
    """Fill an empty database with so many people, each with so many days whose limit is 500."""
    now = datetime.datetime.now(datetime.UTC)
    today = now.date()
    # Few people are new when the limits of a date are set.
    since = now - datetime.timedelta(days=1)
    boss = User.objects.create_user("boss", "a password of the benchmark", is_taskmaster=True, active_since=since)
    User.objects.bulk_create(User(username=f"p{number}", password="!", active_since=since) for number in range(people))
    Task.objects.bulk_create([Task(name=f"task {number}") for number in range(tasks)])
    with connection.cursor() as cursor:
        for offset in range(days):
            cursor.execute(
                "INSERT INTO togo_dailylimit (user_id, date, wanted, maximum, taken, source_kind, source_reason,"
                " rules_version) SELECT id, %s, 500, 500, 0, 'default', '', %s FROM togo_user",
                [str(today + datetime.timedelta(days=offset)), picking.current_version()],
            )
        LimitDay.objects.bulk_create(
            LimitDay(date=today + datetime.timedelta(days=offset), done_at=now) for offset in range(days)
        )
        if connection.vendor != "mysql":
            # In production the database does this by itself.
            cursor.execute("ANALYZE")
    return Dataset(
        token=str(AccessToken.for_user(boss)),
        people=list(User.objects.exclude(pk=boss.pk).values_list("pk", flat=True)),
        dates=[today + datetime.timedelta(days=offset) for offset in range(days)],
        tasks=list(Task.objects.values_list("pk", flat=True)),
        next_round=itertools.count(),
        next_hot=itertools.count(),
    )


def sign_in(person: User) -> str:
    """The key of a new session of this person, for the cookie."""
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = person.get_session_auth_hash()
    session.create()
    assert session.session_key  # for the type checker: it was just made
    return session.session_key
