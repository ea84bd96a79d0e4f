"""The time of a call with 10,000,000 assignments of 1,000,000 people, compared with 10,000 of 1,000 people."""

import contextlib
import datetime
import http.client
import itertools
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from django.db import connection, connections
from rest_framework_simplejwt.tokens import AccessToken

from apps.models import Task, User
from lab.bench import dataset, filling, plots, report, servers
from lab.bench.filling import Filled

LIST = "/api/users/assignment/"
_DRAWN = {"assign", "who is free on a date", "a person's limits", "assignments of a date", "assignments of a task"}
# Returns the method, the path and the body of a call.
Call = Callable[[], tuple[str, str, Any]]


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    few, many, calls = (100, 1000, 5) if quick else (1000, 1_000_000, 200)
    boss = User.objects.create_user("boss", "a password of the benchmark", is_taskmaster=True)
    tasks = Task.objects.bulk_create([Task(name=f"task {number}") for number in range(filling.TASKS + 2 * calls)])
    token, session = str(AccessToken.for_user(boss)), dataset.sign_in(boss)
    url = os.environ["DATABASE_URL"]
    connections.close_all()
    today = datetime.datetime.now(datetime.UTC).date()
    filled = [
        filling.fill(filling.copy_of(url, name), people=people, boss=boss.pk, first_task=tasks[0].pk, today=today)
        for name, people in (("few", few), ("many", many))
    ]
    headers = {"Authorization": f"Bearer {token}", "Cookie": f"sessionid={session}"}
    headers |= {"Content-Type": "application/json"}
    with contextlib.ExitStack() as stack:
        ports = [stack.enter_context(_served(one.url)) for one in filled]
        rows = list(_compare(ports, [_calls(one, today) for one in filled], headers, calls))
    connection.close()
    return _report(rows, filled, calls)


def _report(rows: list[tuple[str, float, float]], filled: list[Filled], calls: int) -> list[str]:
    few, many = filled
    most = max(rows, key=lambda row: row[2] / row[1])
    sizes = [float(one.assignments) for one in filled]
    curves = {name: list(zip(sizes, (a, b), strict=True)) for name, a, b in rows if name in _DRAWN}
    return [
        "## Growth",
        "",
        f"The median of {calls} calls, one after another, with {many.assignments:,} assignments of {many.people:,} "
        f"people, compared with {few.assignments:,} of {few.people:,}. Everyone has the same six days and ten "
        "assignments; people and dates are random, and calls alternate between both databases.",
        "",
        *report.table(
            ["", "few, ms", "many, ms", "many is"],
            [[name, f"{a:.1f}", f"{b:.1f}", f"{b / a:.2f} ×"] for name, a, b in rows],
        ),
        "",
        report.at_most(f"the call that grows most ({most[0]}), many relative to few", 1.25, most[2] / most[1]),
        "",
        plots.lines("growth", "Milliseconds of a call", curves, x="assignments", y="ms", log_x=True),
    ]


@contextlib.contextmanager
def _served(url: str) -> Iterator[int]:
    before = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = url
    try:
        with servers.togo() as port:
            yield port
    finally:
        os.environ["DATABASE_URL"] = before


def _calls(filled: Filled, today: datetime.date) -> dict[str, Call]:
    """The calls by their names. Each draws a new person and date, in the same order for both databases."""
    draw = random.Random(1)  # noqa: S311 - keeps no secret
    new_tasks = itertools.count(filled.first_task + filling.TASKS)

    def person() -> int:
        return filled.first_person + int(draw.random() * filled.people)

    def day() -> datetime.date:
        return today + datetime.timedelta(days=draw.choice(list(filling.OFFSETS)))

    def assign() -> tuple[str, str, Any]:
        # Each call is about another person, on the one of their days on which they have no task.
        task = next(new_tasks)
        who = filled.first_person + task * 7919 % filled.people
        number = (who - filled.first_person + 1) % len(filling.OFFSETS)
        date = today + datetime.timedelta(days=filling.OFFSETS[number])
        return "POST", LIST, {"task": task, "user": who, "date": str(date)}

    def get(path: Callable[[], str]) -> Call:
        return lambda: ("GET", path(), None)

    week = datetime.timedelta(days=7)
    return {
        "assign": assign,
        "who is free on a date": get(lambda: f"/api/users/availability/?date={day()}"),
        "when a person is free": get(lambda: f"/api/users/availability/?user={person()}"),
        "a person's limits": get(lambda: f"/api/users/limit/?user={person()}&date_from={today}&date_to={today + week}"),
        "assignments of a person": get(lambda: f"{LIST}?user={person()}"),
        "assignments of a person in some days": get(lambda: f"{LIST}?user={person()}&status=open&date_from={today}"),
        "assignments of a date": get(lambda: f"{LIST}?date={day()}"),
        "assignments of a task": get(lambda: f"{LIST}?task={filled.first_task + int(draw.random() * filling.TASKS)}"),
        "open assignments of two dates": get(
            lambda: f"{LIST}?status=open&date_from={today}&date_to={today + datetime.timedelta(days=1)}"
        ),
        "the newest assignments": get(lambda: f"{LIST}?ordering=-created_at"),
        "a person's history": get(lambda: f"/api/users/event/?user={person()}"),
        "people": get(lambda: "/api/users/"),
        "the board": get(lambda: "/board/"),
    }


def _compare(
    ports: list[int], calls: list[dict[str, Call]], headers: dict[str, str], number: int
) -> Iterator[tuple[str, float, float]]:
    clients = [http.client.HTTPConnection("127.0.0.1", port) for port in ports]
    for name in calls[0]:
        taken: list[list[float]] = [[] for _ in clients]
        # Slow calls stop after 20 s, because few of them make a good median. The first calls only warm everything up.
        end = time.perf_counter() + 20
        for turn in range(number // 10 + number):
            for client, one, times in zip(clients, calls, taken, strict=True):
                method, path, body = one[name]()
                began = time.perf_counter()
                client.request(method, path, json.dumps(body) if body else None, headers)
                answer = client.getresponse()
                said = answer.read()
                if answer.status not in (200, 201):
                    raise RuntimeError(f"{method} {path}: {answer.status} {said[:200]!r}")
                if turn >= number // 10 or began > end:
                    times.append(time.perf_counter() - began)
            if times and time.perf_counter() > end:
                break
        yield name, 1000 * median(taken[0]), 1000 * median(taken[1])
    for client in clients:
        client.close()
