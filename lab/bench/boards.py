"""What open boards cost: 200 of them that ask for changes as the page does, one that asks all the time, and a load of
the page."""

import datetime
import gzip
import heapq
import http.client
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode

from apps.models import Task, User
from apps.models.tasks import Color
from apps.services import bulk
from apps.services.board.pages import PEOPLE_PER_PAGE
from apps.services.bulk import Item
from apps.services.shared import formats
from lab.bench import dataset, processor, report, servers

_PEOPLE, _DAYS, _TASKS = 50, 7, 5
_NAMES = [
    "Front desk", "True wheels", "Build city bikes", "Repair brakes", "Order parts", "Test rides", "Deliver bikes",
    "Clean workshop", "Teach apprentices", "Count stock", "Answer mail", "Paint frames",
]  # fmt: skip
# How often a board asks, as in apps/static/js/board.js: when it is only open, and while somebody works on it.
_AT_REST, _IN_USE = 12.0, 3.0
_USED = 0.1


@dataclass
class Board:
    """A board that somebody has open, with its own connection, and the path with which it asks for changes."""

    client: http.client.HTTPConnection
    headers: dict[str, str]
    path: str = ""

    def get(self, path: str, wanted: int = 200) -> bytes:
        """The body of an answer, as it is sent. Raises `RuntimeError` for another status."""
        self.client.request("GET", path, headers=self.headers)
        answer = self.client.getresponse()
        body = answer.read()
        if answer.status != wanted:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def ask(self) -> None:
        """Ask for changes; there are none. The server may have closed the connection since: then it begins anew."""
        try:
            self.get(self.path, 204)
        except ConnectionError:
            self.client.close()
            self.get(self.path, 204)


class _Nodes(HTMLParser):
    """Counts the elements of a page, and finds the version and the people of its board."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.number, self.since, self.people = 0, "", list[str]()
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it."""
        self.number += 1
        named = dict(attrs)
        self.since = named.get("data-since") or self.since
        self.people += [named["data-person"] or ""] if "data-person" in named else []


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    number, seconds, asks, loads = (10, 3.0, 20, 2) if quick else (200, 60.0, 2000, 50)
    monday = _fill()
    week = formats.write_week(monday)
    watchers = [User.objects.create(username=f"z{one:03}", is_taskmaster=True) for one in range(number)]
    with servers.togo() as port:
        boards = [_open(port, watcher) for watcher in watchers]
        first = boards[0]
        page, rows = _whole_board(first, week)
        people = (page.people + rows.people)[:_PEOPLE]
        query = urlencode([("since", page.since), *(("person", one) for one in people)])
        for board in boards:
            board.path = f"/board/changes/?week={week}&{query}"
            board.ask()
        poll = _cost(port, first.ask, asks)
        load = _cost(port, lambda: first.get(f"/board/?week={week}"), loads)
        more = _cost(port, lambda: first.get(_next_rows(week)), loads)
        web, database = processor.of_web(port), processor.of_postgresql()
        polls = _watch(boards, seconds)
        web, database = (processor.of_web(port) - web) / seconds, (processor.of_postgresql() - database) / seconds
        sizes = [len(first.get(path)) / 1000 for path in (f"/board/?week={week}", _next_rows(week))]
        for board in boards:
            board.client.close()
    return [
        "## Open boards",
        "",
        f"Boards with the week of {len(people)} people, {_TASKS} tasks on each of their days, while nothing changes. "
        f"{number} of them ask for changes as the page does, for {seconds:g} s: each every {_AT_REST:g} s, and "
        f"{_USED:.0%} of them, on which somebody works, every {_IN_USE:g} s; together {polls / seconds:.0f} times a "
        f"second. The page shows {PEOPLE_PER_PAGE} people, and asks for the others when it is scrolled down. Processor "
        "time is that of the web server with all its processes.",
        "",
        *report.table(
            ["", "web", "PostgreSQL", "KB compressed", "DOM nodes"],
            [
                [f"{number} open boards, of a processor", f"{web:.1%}", f"{database:.1%}", "", ""],
                ["an open board asks, ms", f"{poll[0]:.2f}", f"{poll[1]:.2f}", "0", ""],
                ["`GET /board/`, ms", f"{load[0]:.1f}", f"{load[1]:.1f}", f"{sizes[0]:.1f}", f"{page.number:,}"],
                ["the next people, ms", f"{more[0]:.1f}", f"{more[1]:.1f}", f"{sizes[1]:.1f}", f"{rows.number:,}"],
            ],
        ),
        "",
        report.at_most(f"the web processes for {number} open boards", 10, 100 * web, "% of a processor"),
        report.at_most("the web process when an open board asks", 2, poll[0], "ms"),
        report.at_most("the web process for `GET /board/`", 60, load[0], "ms"),
        report.at_most("`GET /board/`, compressed", 20, sizes[0], "KB"),
        report.at_most("DOM nodes of `GET /board/`", 2500, page.number, "elements"),
    ]


def _fill() -> datetime.date:
    """Assign tasks to everybody on each day of next week; returns its Monday."""
    today = datetime.datetime.now(datetime.UTC).date()
    monday = today + datetime.timedelta(days=7 - today.weekday())
    boss = User.objects.create(username="z", is_taskmaster=True)
    people = [
        User.objects.create(username=f"p{one:02}", first_name="Person", last_name=f"Number {one}")
        for one in range(_PEOPLE)
    ]
    tasks = [Task.objects.create(name=name, color=color) for name, color in zip(_NAMES, Color.values, strict=True)]
    for one, person in enumerate(people):
        asked = [
            Item(tasks[(one + day + turn) % len(tasks)].pk, person.pk, monday + datetime.timedelta(days=day))
            for day in range(_DAYS)
            for turn in range(_TASKS)
        ]
        bulk.assign_all(actor=boss, asked=asked)
    return monday


def _open(port: int, person: User) -> Board:
    cookie = f"sessionid={dataset.sign_in(person)}"
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip", "Accept-Language": "en"}
    return Board(http.client.HTTPConnection("127.0.0.1", port), headers)


def _whole_board(board: Board, week: str) -> tuple[_Nodes, _Nodes]:
    """The page, and the next rows, which it asks for when it is scrolled down."""
    page, rows = (_Nodes(gzip.decompress(board.get(path))) for path in (f"/board/?week={week}", _next_rows(week)))
    return page, rows


def _next_rows(week: str) -> str:
    return f"/board/rows/?week={week}&after=p{PEOPLE_PER_PAGE - 1:02}"


def _cost(port: int, request: Callable[[], object], times: int) -> tuple[float, float]:
    """The processor milliseconds of the web server and of PostgreSQL for a request that is made so many times; before,
    as often without counting."""
    for _ in range(times):
        request()
    web, database = processor.of_web(port), processor.of_postgresql()
    for _ in range(times):
        request()
    return 1000 * (processor.of_web(port) - web) / times, 1000 * (processor.of_postgresql() - database) / times


def _watch(boards: list[Board], seconds: float) -> int:
    """Let each board ask at its own pace for so many seconds; returns how often they asked."""
    draw = random.Random(1)  # noqa: S311 - keeps no secret
    used = int(_USED * len(boards))
    began = time.monotonic()
    due = []
    for number in range(len(boards)):
        pace = _IN_USE if number < used else _AT_REST
        due.append((began + draw.random() * pace, number, pace))
    heapq.heapify(due)
    asked = 0
    while due[0][0] < began + seconds:
        when, number, pace = heapq.heappop(due)
        time.sleep(max(0.0, when - time.monotonic()))
        boards[number].ask()
        asked += 1
        heapq.heappush(due, (when + pace, number, pace))
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    return asked
