"""The people and tasks of a campaign, and the rows in the database at its end."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

# A token lives for 15 minutes.
_TOKEN_SECONDS = 300
# The number of people whose days clients want most.
HOT = 24
# Of tasks and of calls.
EFFORTS = [1, 2, 3, 5, 8]
PROBES = 2


@dataclass
class World:
    """The ids of the clients, who assign tasks, and of the people, who get them; and each task's id with its effort.

    Rules are made for the `ruled` people only, so that the limits of the others are known exactly. Clients want the
    days of the `hot` people most.
    """

    seed: int
    clients: list[int]
    people: list[int]
    hot: list[int]
    ruled: list[int]
    efforts: dict[int, int]
    default: int
    # Tasks that are never assigned, for `outages`.
    probes: list[int]
    _tokens: dict[int, tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def tasks(self) -> list[int]:
        """The ids of the tasks."""
        return list(self.efforts)

    def token(self, person: int) -> str:
        """An access token of this person, a new one every few minutes."""
        with self._lock:
            made, token = self._tokens.get(person, (0.0, ""))
            if time.monotonic() - made > _TOKEN_SECONDS or not token:
                token = _token_of(person)
                self._tokens[person] = (time.monotonic(), token)
            return token

    def remember_people(self) -> None:
        """Load the clients before any fault: later the database may be gone when a token is made."""
        for person in self.clients:
            _people[person] = _load(person)


@dataclass(frozen=True)
class Ending:
    """The rows in the database, with dates in ISO format and times in seconds since 1970."""

    assignments: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    events: list[dict[str, Any]]
    # The ids of the entries that wait, and those of them that fit their day.
    waiting: list[int] = field(default_factory=list)
    overlooked: list[Any] = field(default_factory=list)


_EVENT_FIELDS = ["id", "at", "actor", "kind", "user", "task", "date", "assignment", "data"]
_people: dict[int, Any] = {}


def make(seed: int, *, clients: int, people: int, tasks: int) -> World:
    """Fill an empty, migrated database, and return the ids."""
    from django.conf import settings

    from apps.models import Task, User

    def make_people(name: str, number: int, **fields: Any) -> list[int]:
        return [User.objects.create(username=f"{name} {n}", password="!", **fields).pk for n in range(number)]

    planned_for = make_people("person", people)
    world = World(
        seed=seed,
        clients=make_people("taskmaster", clients, is_taskmaster=True),
        people=planned_for,
        hot=planned_for[:: people // HOT],
        ruled=planned_for[::3],
        efforts={
            Task.objects.create(name=f"task {n}", effort=(effort := EFFORTS[n % len(EFFORTS)])).pk: effort
            for n in range(tasks)
        },
        default=settings.TOGO_DEFAULT_DAILY_LIMIT,
        probes=[Task.objects.create(name=f"probe {n}").pk for n in range(PROBES)],
    )
    world.remember_people()
    return world


def read() -> Ending:
    """Read the rows in the database."""
    from apps.models import Assignment, DailyLimit, Event, WaitingEntry
    from apps.services import waiting

    def plain(rows: Any) -> list[dict[str, Any]]:
        return [{**row, "date": row["date"].isoformat() if row["date"] else None} for row in rows]

    def with_seconds(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "at": row["at"].timestamp()} for row in rows]

    rows = Assignment.objects.values("id", "status", "effort", "task", "daily_limit__user", "daily_limit__date")
    return Ending(
        assignments=[
            {
                "id": row["id"],
                "status": row["status"],
                "effort": row["effort"],
                "task": row["task"],
                "user": row["daily_limit__user"],
                "date": row["daily_limit__date"].isoformat(),
            }
            for row in rows
        ],
        limits=plain(DailyLimit.objects.values("user", "date", "wanted", "maximum", "taken", "source_kind")),
        events=with_seconds(plain(Event.objects.order_by("pk").values(*_EVENT_FIELDS))),
        waiting=list(WaitingEntry.objects.values_list("pk", flat=True)),
        overlooked=list(waiting.overlooked()),
    )


def _load(person: int) -> Any:
    from apps.models import User

    return User.objects.get(pk=person)


def _token_of(person: int) -> str:
    from rest_framework_simplejwt.tokens import AccessToken

    return str(AccessToken.for_user(_people[person]))
