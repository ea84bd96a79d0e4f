"""Many callers at once."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.core.management import call_command
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from apps.models import DailyLimit, User
from lab.processes import PATIENCE, Client, Server
from tests.conftest import token_of
from tests.storm_test.history import assert_history_matches_rows

A = TypeVar("A")
CLIENTS = 64


def rounds(usual: int, *, long: int) -> int:
    """How many rounds a storm takes. Without the guard it fails in the first few; `bin/test --all` runs the long ones,
    for what happens more seldom."""
    return long if os.environ.get("TOGO_LONG_STORMS") else usual


class Crowd:
    """Callers who keep their connections and start each round together."""

    def __init__(self, server: Server, person: User, size: int = CLIENTS) -> None:
        token = token_of(person)
        self.clients = [Client(server, token) for _ in range(size)]
        self._pool = ThreadPoolExecutor(size)

    def all_at_once(self, call: Callable[[Client, int], A]) -> list[A]:
        """Run `call(client, number)` for all callers at the same moment, and return the results."""
        start = threading.Barrier(len(self.clients))

        def one(number: int) -> A:
            start.wait(PATIENCE)
            return call(self.clients[number], number)

        return list(self._pool.map(one, range(len(self.clients))))


def count(answers: Iterable[tuple[int, Any]]) -> dict[int, int]:
    """How often each status was answered."""
    counts: dict[int, int] = {}
    for status, _ in answers:
        counts[status] = counts.get(status, 0) + 1
    return counts


def broken_days() -> list[tuple[int, int, int]]:
    """The days whose `taken` isn't the sum of their efforts, or is above `maximum`: these three numbers of each."""
    days = DailyLimit.objects.values_list("user", "date", "taken", "maximum")
    sums = days.annotate(efforts=Coalesce(Sum("assignments__effort"), 0))
    broken = sums.filter(~Q(taken=F("efforts")) | Q(taken__gt=F("maximum")))
    return [(taken, efforts, maximum) for _, _, taken, maximum, efforts in broken]


def assert_consistent(server: Server, *, calls: int) -> None:
    """Days, assignments and history agree, and at most one call in a thousand was retried."""
    assert broken_days() == []
    call_command("check_limits")
    assert_history_matches_rows()
    assert server.retries() < calls / 1000 + 1
