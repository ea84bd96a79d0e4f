"""Says what a campaign proved, in Markdown."""

from prove.campaign import Result
from prove.history import Outcome, count

# How many findings are shown.
SHOWN = 20


def text(result: Result) -> str:
    """The report; its first line is the verdict."""
    verdict, operations = result.verdict, result.history.operations
    attempts = sum(operation.attempts for operation in operations)
    kinds = count(operations)
    lines = [
        f"**{_verdict(result)}**",
        "",
        f"{result.database}, {result.options.clients} clients, {result.seconds / 60:.1f} minutes, "
        f"seed {result.options.seed}.",
        "",
        "| | |",
        "|---|---:|",
        f"| operations | {len(operations)} |",
        f"| attempts (with those sent again) | {attempts} |",
        f"| assignments asked for, moved, marked or taken away | {sum(len(o.items) for o in operations)} |",
        *(f"| {outcome.value} | {sum(o.outcome == outcome for o in operations)} |" for outcome in Outcome),
        f"| unknown, and had happened | {verdict.happened} |",
        f"| unknown, and had not | {verdict.didnt_happen} |",
        f"| refusals of a full day | {sum(o.code == 'daily_limit_reached' for o in operations)} |",
        f"| days (person and date) checked | {verdict.days} |",
        f"| rows and events at the end | {result.rows} and {result.events} |",
        f"| broken limits | {verdict.counts['broken limit']} |",
        f"| lost or doubled writes | {verdict.counts['lost or doubled']} |",
        f"| drift | {verdict.counts['drift']} |",
        f"| other findings | {_others(result)} |",
        "",
        "| operation | done | refused | unknown |",
        "|---|---:|---:|---:|",
        *(
            f"| {kind} | {kinds[kind, 'done']} | {kinds[kind, 'refused']} | {kinds[kind, 'unknown']} |"
            for kind in sorted({kind for kind, _ in kinds})
        ),
        "",
        "| fault | times |",
        "|---|---:|",
        *(f"| {name} | {number} |" for name, number in sorted(result.faults.items())),
        "",
        "Answers: " + ", ".join(f"{status} {number}" for status, number in sorted(result.history.statuses.items())),
    ]
    if verdict.findings:
        lines += ["", "Findings:", "", *(f"- {finding}" for finding in verdict.findings[:SHOWN])]
    return "\n".join(lines) + "\n"


def _verdict(result: Result) -> str:
    if result.verdict.findings:
        return f"ToGo broke a promise: {len(result.verdict.findings)} findings."
    return "No limit was broken, and nothing that was acknowledged was lost."


def _others(result: Result) -> int:
    counts = result.verdict.counts
    return sum(number for kind, number in counts.items() if kind not in {"broken limit", "lost or doubled", "drift"})
