"""`POST /api/users/assignment/` on PostgreSQL with an API key, compared with an access token.

The two take turns, and each turn with a key is compared with the one with a token beside it, so that other work of the
machine affects both alike.
"""

from dataclasses import replace
from statistics import median, quantiles

from apps.models import User
from apps.models.api_keys import Scope
from apps.services import api_keys
from lab.bench import dataset, report, servers
from lab.bench.load import Rate, measure

CONNECTIONS = 16


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    pairs, seconds, people, days = (2, 0.5, 2000, 5) if quick else (120, 0.6, 5000, 20)
    data = dataset.create(people, days)
    _, key = api_keys.create(actor=User.objects.get(username="boss"), name="bench", scope=Scope.ASSIGN)
    callers = {"access token": data, "API key": replace(data, token=key)}
    rates: dict[str, list[Rate]] = {name: [] for name in callers}
    with servers.togo() as port:
        # The first calls aren't measured, because the processes still load modules.
        measure(port, data.assignments(CONNECTIONS), connections=CONNECTIONS, seconds=seconds)
        for number in range(pairs):
            # Neither is always the first of its pair: a table that grows slows the second.
            for name in sorted(callers, reverse=bool(number % 2)):
                rate = measure(port, callers[name].assignments(CONNECTIONS), connections=CONNECTIONS, seconds=seconds)
                if set(rate.statuses) != {201}:
                    raise RuntimeError(f"with an {name}, ToGo answered {dict(rate.statuses)}")
                rates[name].append(rate)
    return _report(rates)


def _report(rates: dict[str, list[Rate]]) -> list[str]:
    ratios = [
        key.per_second / token.per_second for token, key in zip(rates["access token"], rates["API key"], strict=True)
    ]
    low, middle, high = quantiles(ratios, n=4)
    rows = [
        [name, *(f"{median(getattr(rate, of) for rate in some):,.1f}" for of in ("per_second", "p50", "p99"))]
        for name, some in rates.items()
    ]
    return [
        "## With an API key",
        "",
        f"The assign call on PostgreSQL, {CONNECTIONS} connections, medians of {len(ratios)} runs each. The two "
        f"took turns; in the middle half of the pairs, a key was {low:.2f} to {high:.2f} times as fast. Both "
        "need the same number of statements.",
        "",
        *report.table(["", "per second", "p50 ms", "p99 ms"], rows),
        "",
        report.at_least("speed of a key relative to a token, median of the pairs", 1.0, middle),
    ]
