"""Keeps what each section found, and writes the report of all of them."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from lab.bench.sections import SECTIONS

# What was found is kept there, a file for each section, with the plots beside it.
FOLDER = Path(__file__).parent / "results"
PATH = Path(__file__).parent / "results.md"
_PACKAGES = ("Django", "djangorestframework", "granian", "psycopg", "fastapi", "asyncpg")
_HEAD = """# Results

Written by `bin/bench`; `bin/bench SECTION…` measures a section anew. Clients, servers and the database share the
machine, so only ratios within a section mean something. The targets are those of a machine that does nothing else.
"""


def keep(folder: Path, section: str, lines: Sequence[str]) -> None:
    """Keep a section's lines in place of those that it had."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "measured": f"{datetime.now(UTC):%-d %B %Y %H:%M} UTC",
        "machine": f"{os.cpu_count()} processors ({platform.machine()})",
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
        ),
        "lines": list(lines),
    }
    (folder / f"{section}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def render(folder: Path) -> str:
    """The report of the results kept in this folder; written to results.md if it is the one in the checkout."""
    parts = [_HEAD]
    for section in SECTIONS:
        kept = folder / f"{section}.json"
        if kept.exists():
            found = json.loads(kept.read_text())
            foot = f"<sub>{found['measured']}, {found['machine']}, {found['versions']}</sub>"
            parts.append("\n".join([*found["lines"], "", foot, ""]))
    text = "\n".join(parts)
    if folder == FOLDER:
        PATH.write_text(text)
    return text


def target(what: str, wanted: str, found: str, *, reached: bool) -> str:
    """A line that says what was wanted and whether it was reached."""
    return f"- {'✓' if reached else '✗ **Not reached:**'} {what}: target {wanted}, found {found}."


def at_least(what: str, wanted: float, found: float) -> str:
    """The same, for a ratio that should be that high."""
    return target(what, f"≥ {wanted:g} ×", f"{found:.2f} ×", reached=found >= wanted)


def at_most(what: str, wanted: float, found: float, unit: str = "×") -> str:
    """The same, for what should not be higher."""
    return target(what, f"≤ {wanted:g} {unit}", f"{found:.2f} {unit}", reached=found <= wanted)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; all columns but the first hold numbers."""
    lines = [f"| {' | '.join(header)} |", f"|---|{'---:|' * (len(header) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]
