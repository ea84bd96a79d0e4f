"""A row of the table, and functions that make the few kinds of rows."""

from dataclasses import dataclass
from typing import Any

# The callers: a person asks about their own row and about somebody else's, a deactivated person, with tokens and a
# session from before, asks about their own, and all others ask about somebody else's.
ANONYMOUS, PERSON, OTHER, TASKMASTER, ADMIN, DISABLED = (
    "anonymous",
    "person",
    "other",
    "taskmaster",
    "admin",
    "disabled",
)
COLUMNS = (ANONYMOUS, PERSON, OTHER, TASKMASTER, ADMIN, DISABLED)

# A cell without a call: the caller can't have the case.
NONE = "–"
SIGN_IN = "302 /sign-in/"
ADMIN_SIGN_IN = "302 /admin/login/"
# The method of a row that is for all methods.
ANY = "any"


@dataclass(frozen=True)
class Row:
    """A call, and the answer for each caller: the status, then a problem's code or the target of a redirect;
    `200 nothing` is an empty list.

    `sends` is JSON for the API and a form for pages. In `sends`, in `query` and in the path, a name in braces stands
    for a value of the `World` in `tests/access/world.py`; `{id}` stands for its `thing`.
    """

    method: str
    path: str
    answers: dict[str, str]
    case: str = ""
    thing: str = ""
    query: str = ""
    sends: Any = None
    # Each caller asks about their own row.
    own: bool = False


def api(method: str, path: str, person: str, other: str, taskmaster: str, admin: str, **more: Any) -> Row:
    """A call that needs an access token."""
    answers = ("401 not_authenticated", person, other, taskmaster, admin, "401 token_not_valid")
    return Row(method, path, dict(zip(COLUMNS, answers, strict=True)), **more)


def page(method: str, path: str, person: str, other: str, taskmaster: str, admin: str, **more: Any) -> Row:
    """A page for people who are signed in."""
    answers = (SIGN_IN, person, other, taskmaster, admin, SIGN_IN)
    return Row(method, path, dict(zip(COLUMNS, answers, strict=True)), **more)


def admin_page(method: str, path: str, admin: str, **more: Any) -> Row:
    """A page for admins only. Callers who aren't signed in are redirected to the sign-in."""
    answers = (ADMIN_SIGN_IN, "403", "403", "403", admin, ADMIN_SIGN_IN)
    return Row(method, path, dict(zip(COLUMNS, answers, strict=True)), **more)


def each(method: str, path: str, *answers: str, **more: Any) -> Row:
    """A call with an answer for each column, or one for all."""
    all_answers = answers * len(COLUMNS) if len(answers) == 1 else answers
    return Row(method, path, dict(zip(COLUMNS, all_answers, strict=True)), **more)
