"""docs/access.md, as it is made of the table."""

from pathlib import Path

from tests.access.rows import ADMIN, ANONYMOUS, COLUMNS, DISABLED, OTHER, PERSON, TASKMASTER, Row
from tests.access.table import SECTIONS

PATH = Path(__file__).resolve().parents[2] / "docs" / "access.md"
_INTRODUCTION = """\
# Who is answered what

Every call and every page, for everyone who may ask. This file is made by `python -m tests.access` of
[the table](../tests/access/table.py), and [`tests/api_test/test_access.py`](../tests/api_test/test_access.py) asks the
application for each of its cells. A route or method that isn't here fails that test; what isn't listed of a path that
is, such as `PUT /api/tasks/`, is 405 `method_not_allowed`.

- *Anonymous* sends no token and has no session.
- *Own* is a person, who is no taskmaster, asking about what is theirs; *somebody else's* is the same person asking
  about what is another's. Taskmasters and admins ask about another's, or where that can't be about their own.
- *Deactivated* is a person with a token and a session from before, asking about what was theirs.
- The status, and the problem's [code](errors.md) or where a page leads to; `200 nothing` is an empty list; – is a case
  that they can't have. A refusal changes nothing.

What somebody may not see is 404, as if it weren't there. What they may see and not do is 403, and so is what only
taskmasters or admins do, whether the ids that were sent exist or not.
"""
_HEADERS = {
    ANONYMOUS: "anonymous",
    PERSON: "own",
    OTHER: "somebody else's",
    TASKMASTER: "taskmaster",
    ADMIN: "admin",
    DISABLED: "deactivated",
}


def text() -> str:
    """The whole file."""
    return "\n".join([_INTRODUCTION, *("\n".join(_section(title, rows)) for title, rows in SECTIONS.items())])


def _section(title: str, rows: list[Row]) -> list[str]:
    header = ["call", *(_HEADERS[column] for column in COLUMNS)]
    lines = [f"## {title}", "", _line(header), "|" + "---|" * len(header)]
    for row in rows:
        case = f": {row.case}" if row.case else ""
        lines.append(_line([f"`{row.method} {row.path}`{case}", *(row.answers[column] for column in COLUMNS)]))
    return [*lines, ""]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
