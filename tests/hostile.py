"""The number of examples of hostile input, and the table in docs/hostile-input.md with the answers of a long run:
`python -m tests.hostile COUNTS`, where COUNTS is the file that a run wrote to `TOGO_EXAMPLES_LOG`."""

import ast
import os
import re
import sys
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings

KINDS = ("2xx", "3xx", "4xx", "5xx")
_DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "hostile-input.md"
_HERE = "<!-- What python -m tests.hostile writes. -->\n"


def hostile(*, examples: int) -> settings:
    """Try this number of examples, the same each time, or `TOGO_EXAMPLES` if it is higher. `bin/test --quick` tries a
    tenth of them."""
    usual = examples // 10 if os.environ.get("TOGO_QUICK") else examples
    return settings(
        max_examples=max(usual, int(os.environ.get("TOGO_EXAMPLES", "0"))),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def table(counts: str) -> str:
    """The counts of a run: a line for each call, and their sums."""
    answers = {}
    for line in counts.splitlines():
        name, _, told = line.partition("\t")
        answers[re.sub(r".*\[(.*)\]$", r"\1", name)] = Counter(ast.literal_eval(told))
    everything = sum(answers.values(), Counter())
    lines = ["| call | requests | " + " | ".join(KINDS) + " |", "|---|" + "---:|" * (len(KINDS) + 1)]
    for call, answered in [*sorted(answers.items()), (f"all {len(answers)} calls", everything)]:
        numbers = [answered.total(), *(answered[kind] for kind in KINDS)]
        name = f"`{call}`" if "/" in call else call
        lines.append(f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    before, _, _ = _DOCUMENT.read_text().partition(_HERE)
    _DOCUMENT.write_text(before + _HERE + "\n" + table(Path(sys.argv[1]).read_text()))
