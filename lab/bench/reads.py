"""What two replicas take off the writer: its processor time for a read, with and without them.

All three servers share this machine, so this shows what moves, not how fast it becomes.
"""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from apps.models import User
from lab.bench import dataset, processor, report, servers
from lab.bench.dataset import Dataset
from lab.bench.load import Requests, get, measure
from lab.processes import database_url
from lab.replica import replica_of

_TOKEN = "for benchmarks only"  # noqa: S105 - it opens nothing else
_CONNECTIONS = 4


class Cost(NamedTuple):
    """What a call costs the writer, and how long it takes, in milliseconds."""

    processor: float
    p50: float


@dataclass(frozen=True)
class Togo:
    """A web server, and what it has answered by replicas."""

    port: int

    def outcomes(self) -> dict[str, float]:
        """How many reads the replicas have answered so far (`replica`), and why they haven't answered others."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        client.request("GET", "/metrics", headers={"Authorization": f"Bearer {_TOKEN}"})
        families = text_string_to_metric_families(client.getresponse().read().decode())
        samples = (sample for family in families for sample in family.samples)
        return {one.labels["outcome"]: one.value for one in samples if one.name == "togo_replica_reads_total"}


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds, seconds, people, days = (1, 0.5, 200, 3) if quick else (3, 2.0, 5000, 10)
    data = dataset.create(people, days)
    with servers.togo() as port:
        measure(port, data.bulks(2, size=people // 2), connections=2, seconds=600)
    reads = _reads(data)
    found: dict[str, list[list[Cost]]] = {name: [[], []] for name in reads}
    with _replicas() as url, servers.togo() as alone, _togo(url) as beside:
        ports = [alone, beside.port]
        for port in ports:
            for requests in reads.values():
                # The first calls load modules, and connect.
                measure(port, requests, connections=_CONNECTIONS, seconds=seconds)
        _require_replicas(beside)
        for number in range(rounds):
            for name, requests in reads.items():
                for which in (0, 1) if number % 2 else (1, 0):
                    found[name][which].append(_cost(ports[which], requests, seconds))
        share, assigned = _while_writing(beside, data, reads["who is free on a date"], seconds=4 * seconds)
    rows = []
    for name, (without, with_replicas) in found.items():
        before, after = _medians(without), _medians(with_replicas)
        cells = [f"{before.processor:.2f}", f"{after.processor:.2f}", f"{1 - after.processor / before.processor:.0%}"]
        rows.append([name, *cells, f"{before.p50:.0f}", f"{after.p50:.0f}"])
    heads = ["a call", "alone, ms", "beside replicas, ms", "relieved of", "p50 alone, ms", "p50 beside, ms"]
    return [
        "## Reads beside the writer",
        "",
        f"The writer's processor time for one call, alone and beside two replicas: {people:,} people,"
        f" {people * days:,} assignments; {_CONNECTIONS} connections, medians of {rounds} runs. The servers share the"
        " machine.",
        "",
        *report.table(heads, rows),
        "",
        f"While {_CONNECTIONS} other connections assign {assigned:,.0f} tasks a second, the replicas answer {share:.0%}"
        " of the calls “who is free on a date”; they are behind for the others, which the writer answers.",
    ]


def _reads(data: Dataset) -> dict[str, Requests]:
    boss = User.objects.get(username="boss")
    page = f"GET /insights/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={dataset.sign_in(boss)}\r\n\r\n".encode()
    today = data.dates[0]
    calls = {
        "who is free on a date": get(f"/api/users/availability/?date={today}", data.token),
        "when somebody is free": get(f"/api/users/availability/?user={data.people[0]}", data.token),
        "a page of the history": get("/api/users/event/?page_size=100", data.token),
        "insights": page,
        "an export of a day": get(f"/api/users/assignment/export.csv?date={today}", data.token),
    }
    return {name: _again(request) for name, request in calls.items()}


def _again(request: bytes) -> Requests:
    def requests(_connection: int) -> Iterator[bytes]:
        while True:
            yield request

    return requests


@contextlib.contextmanager
def _replicas() -> Iterator[str]:
    """The URL of two replicas, between which each connection chooses."""
    with replica_of(database_url()) as one, replica_of(database_url()) as other:
        yield f"{one.url},{other.folder}&load_balance_hosts=random"


@contextlib.contextmanager
def _togo(url: str) -> Iterator[Togo]:
    with servers.togo(DATABASE_REPLICA_URL=url, TOGO_METRICS_TOKEN=_TOKEN) as port:
        yield Togo(port)


def _require_replicas(togo: Togo) -> None:
    before = togo.outcomes()
    if not before.get("replica"):
        raise RuntimeError(f"no replica has answered: {before}")


def _cost(port: int, requests: Requests, seconds: float) -> Cost:
    spent = processor.of_postgresql()
    rate = measure(port, requests, connections=_CONNECTIONS, seconds=seconds)
    spent = processor.of_postgresql() - spent
    calls = rate.statuses.total()
    if set(rate.statuses) != {200}:
        raise RuntimeError(f"ToGo answered {dict(rate.statuses)}")
    return Cost(1000 * spent / calls, rate.p50)


def _medians(costs: list[Cost]) -> Cost:
    return Cost(*(median(values) for values in zip(*costs, strict=True)))


def _while_writing(togo: Togo, data: Dataset, requests: Requests, *, seconds: float) -> tuple[float, float]:
    """The share of reads that the replicas answer while others assign, and how many tasks these assign a second."""
    before = togo.outcomes()
    assigned: list[float] = []

    def write() -> None:
        rate = measure(togo.port, data.assignments(_CONNECTIONS), connections=_CONNECTIONS, seconds=seconds)
        assigned.append(rate.per_second)

    writing = threading.Thread(target=write)
    writing.start()
    measure(togo.port, requests, connections=_CONNECTIONS, seconds=seconds)
    writing.join()
    after = togo.outcomes()
    more = {name: after[name] - before.get(name, 0) for name in after}
    return more["replica"] / sum(more.values()), assigned[0]
