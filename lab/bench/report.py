"""Keeps the results of each section, and writes the report of all of them."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from lab.bench.sections import SECTIONS

# Each section's results are in a file of their own, beside the folder of the plots.
FOLDER = Path(__file__).parent / "results"
PATH = Path(__file__).parent / "results.md"
_PACKAGES = ("Django", "djangorestframework", "granian", "psycopg", "fastapi", "asyncpg")
_HEAD = """# Results

Written by `bin/bench`; `bin/bench SECTION…` measures one section again. Clients, servers and the database share the
machine, so only ratios within a section mean something. The targets are for a machine that does nothing else.
"""


def keep(folder: Path, section: str, lines: Sequence[str]) -> None:
    """Replace a section's kept lines."""
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
    """The report of the results in this folder; also writes it to results.md if the folder is the checkout's."""
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
    """A line with a target, the measured value, and whether the target was reached."""
    return f"- {'✓' if reached else '✗ **Not reached:**'} {what}: target {wanted}, found {found}."


def at_least(what: str, wanted: float, found: float) -> str:
    """The line of a target for a ratio that should be at least `wanted`."""
    return target(what, f"≥ {wanted:g} ×", f"{found:.2f} ×", reached=found >= wanted)


def at_most(what: str, wanted: float, found: float, unit: str = "×") -> str:
    """The line of a target for a value that should be at most `wanted`."""
    return target(what, f"≤ {wanted:g} {unit}", f"{found:.2f} {unit}", reached=found <= wanted)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; all columns but the first hold numbers."""
    lines = [f"| {' | '.join(header)} |", f"|---|{'---:|' * (len(header) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]
