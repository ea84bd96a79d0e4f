"""The people, days and tasks that are called with: made by SQL, for there are many."""

import datetime
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from apps.models import LimitDay, Task, User
from apps.services.shared import picking
from lab.bench.load import Requests, post

PATH = "/api/users/assignment/"


@dataclass
class Story:
    """Ids, and where the next assignment goes: every one to another person and day."""

    token: str
    people: list[int]
    dates: list[datetime.date]
    tasks: list[int]
    next_round: "itertools.count[int]"
    next_hot: "itertools.count[int]"

    def assignments(self, connections: int) -> Requests:
        """Requests that can all be granted, each once."""
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
        """Requests for so many assignments each, all of which can be granted, each once."""
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
        """Requests that all want one person's day, a new one with room for so many, each with another task; as many
        as there are tasks, or so many of each connection."""
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


def tell(people: int, days: int, *, tasks: int = 500) -> Story:
    """Fill an empty database: so many people with so many days that are set, each with room for many."""
    now = datetime.datetime.now(datetime.UTC)
    today = now.date()
    boss = User.objects.create_user("boss", "a password of the benchmark", is_taskmaster=True)
    User.objects.bulk_create([User(username=f"p{number}", password="!") for number in range(people)])
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
        # As in use, where the database has done it by itself long ago.
        cursor.execute("ANALYZE")
    return Story(
        token=str(AccessToken.for_user(boss)),
        people=list(User.objects.exclude(pk=boss.pk).values_list("pk", flat=True)),
        dates=[today + datetime.timedelta(days=offset) for offset in range(days)],
        tasks=list(Task.objects.values_list("pk", flat=True)),
        next_round=itertools.count(),
        next_hot=itertools.count(),
    )
