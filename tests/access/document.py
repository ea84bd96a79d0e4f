"""Writes docs/access.md from the table."""

from pathlib import Path

from tests.access.rows import (
    ADMIN,
    ALL,
    ANONYMOUS,
    ASSIGN,
    COLUMNS,
    DISABLED,
    KEYS,
    NONE,
    OTHER,
    PEOPLE,
    PERSON,
    READ,
    TASKMASTER,
    Row,
)
from tests.access.table import SECTIONS

PATH = Path(__file__).resolve().parents[2] / "docs" / "access.md"
_INTRODUCTION = """\
# Who gets which answer

This file lists the answers of every call and every page to each kind of caller. `python -m tests.access` writes it from
[a table](../tests/access/table/), and [`tests/api_test/test_access.py`](../tests/api_test/test_access.py) makes the
request of each cell and compares the answer. That test fails if a route or method is missing here. Other methods of a
listed path, such as `PUT /api/tasks/`, get 405 `method_not_allowed`.

- *Anonymous* callers send no token and have no session.
- *Own* is a person, not a taskmaster, who asks about their own data; *somebody else's* is the same person asking about
  another person's data. Taskmasters and admins ask about another person's data, or about their own if a call takes no
  other.
- *Deactivated* is a person who was deactivated and uses an old token and session to ask about their own data.
- *Key* is a program that sends an API key of the taskmaster's and asks about the same data; *read*, *assign* and *all*
  are its scopes. Tables without these columns are about pages, which no key opens.
- Each cell has the status, and the problem's [code](errors.md) or the page that the answer redirects to. `200 nothing`
  is an empty list; – means that the case can't occur. A refused request changes nothing.

A person who may not see a thing gets 404, as if it didn't exist. A person who may see it but not change it gets 403. So
does everyone who sends a call that only taskmasters or admins may send, whether the ids in it exist or not.
"""
_HEADERS = {
    ANONYMOUS: "anonymous",
    PERSON: "own",
    OTHER: "somebody else's",
    TASKMASTER: "taskmaster",
    ADMIN: "admin",
    DISABLED: "deactivated",
    READ: "key: read",
    ASSIGN: "key: assign",
    ALL: "key: all",
}


def text() -> str:
    """The text of the file."""
    return "\n".join([_INTRODUCTION, *("\n".join(_section(title, rows)) for title, rows in SECTIONS.items())])


def _section(title: str, rows: list[Row]) -> list[str]:
    with_keys = any(row.answers[column] != NONE for row in rows for column in KEYS)
    columns = COLUMNS if with_keys else PEOPLE
    header = ["call", *(_HEADERS[column] for column in columns)]
    lines = [f"## {title}", "", _line(header), "|" + "---|" * len(header)]
    for row in rows:
        case = f": {row.case}" if row.case else ""
        lines.append(_line([f"`{row.method} {row.path}`{case}", *(row.answers[column] for column in columns)]))
    return [*lines, ""]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
