"""Reports on campaigns: as numbers that can be added up, and in Markdown."""

import datetime
from collections import Counter
from collections.abc import Iterable
from typing import Any

from lab.prove import outages
from lab.prove.campaign import Result
from lab.prove.history import Outcome, count

# How many findings are shown.
SHOWN = 20
Numbers = dict[str, Any]
_BROKEN, _LOST, _DRIFT = "broken limit", "lost or doubled", "drift"


def numbers(result: Result) -> Numbers:
    """The numbers of one campaign; `counts`, `operations`, `faults` and `answers` of several can be added up."""
    verdict, operations, options = result.verdict, result.history.operations, result.options
    found = verdict.counts
    outcomes = Counter(operation.outcome for operation in operations)
    return {
        "database": result.database,
        "seed": options.seed,
        "clients": options.clients,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "counts": {
            "seconds": round(result.seconds),
            "attempts": sum(operation.attempts for operation in operations),
            "decided": sum(operation.asked for operation in operations if operation.outcome != Outcome.UNKNOWN),
            "calls": len(operations),
            **{outcome.value: outcomes[outcome] for outcome in Outcome},
            "had happened": verdict.happened,
            "had not": verdict.didnt_happen,
            "refusals": sum((o.code == "daily_limit_reached") + len(o.full) for o in operations),
            "days": verdict.days,
            "rows": result.rows,
            "events": result.events,
            _BROKEN: found[_BROKEN],
            _LOST: found[_LOST],
            _DRIFT: found[_DRIFT],
            "others": found.total() - found[_BROKEN] - found[_LOST] - found[_DRIFT],
        },
        "operations": {f"{kind}, {outcome}": number for (kind, outcome), number in sorted(count(operations).items())},
        "faults": dict(sorted(result.faults.items())),
        "answers": dict(sorted(result.history.statuses.items())),
        "findings": verdict.findings[:SHOWN],
        "outages": result.outages,
    }


def total(some: Iterable[Numbers]) -> Numbers:
    """The sums of several campaigns."""
    some = list(some)
    summed: Numbers = {
        name: dict(sorted(sum((Counter(one[name]) for one in some), Counter()).items()))
        for name in ("operations", "faults", "answers")
    }
    counts = {name: sum(one["counts"][name] for one in some) for name in (some[0]["counts"] if some else {})}
    without: dict[str, list[Any]] = {}
    for one in some:
        for name, pairs in one.get("outages", {}).items():
            without.setdefault(name, []).extend(pairs)
    return summed | {
        "outages": without,
        "counts": counts,
        "findings": [finding for one in some for finding in one["findings"]][:SHOWN],
    }


def text(campaign: Numbers) -> str:
    """The report of one campaign."""
    about = f"{campaign['database']}, {campaign['clients']} clients, {campaign['counts']['seconds'] / 60:.1f} minutes"
    return (
        "\n".join(
            [_verdict(campaign), "", f"{about}, seed {campaign['seed']}, {campaign['date']}.", "", *_tables(campaign)]
        )
        + "\n"
    )


def text_of_all(some: Iterable[Numbers]) -> str:
    """The report of several campaigns: a row for each, then their sums."""
    some = list(some)
    together = total(some)
    head = ["date", "database", "seed", "clients", "minutes", "attempts", "faults"]
    head += ["broken limits", "lost or doubled", "drift", "others"]
    lines = [_verdict(together), "", f"| {' | '.join(head)} |", f"|{'---|' * 3}{'---:|' * (len(head) - 3)}"]
    for one in some:
        counts = one["counts"]
        cells = [one["date"], one["database"], one["seed"], one["clients"], f"{counts['seconds'] / 60:.0f}"]
        cells += [counts["attempts"], sum(one["faults"].values())]
        cells += [counts[kind] for kind in (_BROKEN, _LOST, _DRIFT, "others")]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, "", *_tables(together)]) + "\n"


def _verdict(campaign: Numbers) -> str:
    counts = campaign["counts"]
    if found := sum(counts[kind] for kind in (_BROKEN, _LOST, _DRIFT, "others")):
        return f"**ToGo broke a promise: {found} findings.**"
    return "**No limit was broken, and nothing that was acknowledged was lost.**"


def _tables(campaign: Numbers) -> list[str]:
    counts, operations = campaign["counts"], campaign["operations"]
    rows = {
        "attempts: decisions asked for, and calls sent again": counts["attempts"],
        "of them certainly answered": counts["decided"],
        "calls": counts["calls"],
        **{f"calls {outcome.value}": counts[outcome.value] for outcome in Outcome},
        "unknown, and had happened": counts["had happened"],
        "unknown, and had not": counts["had not"],
        "refusals of a full day": counts["refusals"],
        "days (person and date) checked": counts["days"],
        "rows and events at the end": f"{counts['rows']} and {counts['events']}",
        "broken limits": counts[_BROKEN],
        "lost or doubled writes": counts[_LOST],
        "drift": counts[_DRIFT],
        "other findings": counts["others"],
    }
    kinds = sorted({name.partition(", ")[0] for name in operations})
    lines = ["| | |", "|---|---:|", *(f"| {name} | {number} |" for name, number in rows.items())]
    lines += ["", "| call | done | refused | unknown |", "|---|---:|---:|---:|"]
    for kind in kinds:
        cells = [str(operations.get(f"{kind}, {outcome.value}", 0)) for outcome in Outcome]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    lines += ["", "| fault | times |", "|---|---:|"]
    lines += [f"| {name} | {number} |" for name, number in campaign["faults"].items()]
    lines += outages.table(campaign.get("outages", {}))
    lines += ["", "Answers: " + ", ".join(f"{status} {number}" for status, number in campaign["answers"].items())]
    if campaign["findings"]:
        lines += ["", "Findings:", "", *(f"- {finding}" for finding in campaign["findings"])]
    return lines
