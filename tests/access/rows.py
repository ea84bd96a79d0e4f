"""What a row of the table is, and the few kinds of them there are."""

from dataclasses import dataclass
from typing import Any

# Who asks, and about what: a person about their own thing and about somebody else's, all others about somebody else's,
# and the one who is deactivated, with tokens and a session from before, about their own.
ANONYMOUS, PERSON, OTHER, TASKMASTER, ADMIN, DISABLED = (
    "anonymous",
    "person",
    "other",
    "taskmaster",
    "admin",
    "disabled",
)
COLUMNS = (ANONYMOUS, PERSON, OTHER, TASKMASTER, ADMIN, DISABLED)

# A cell that asks nothing: the case is not theirs.
NONE = "–"
SIGN_IN = "302 /sign-in/"
ADMIN_SIGN_IN = "302 /admin/login/"
# The method of a row that is about all of them.
ANY = "any"


@dataclass(frozen=True)
class Row:
    """A call of one kind, and what each is answered: the status, then a problem's code or where a page leads to;
    `200 nothing` is an empty list.

    `sends` is JSON for the API and a form for pages. In it, in `query` and in the path a name in braces stands for
    what is in the world of `tests/access/world.py`; `{id}` for the `thing` there.
    """

    method: str
    path: str
    answers: dict[str, str]
    case: str = ""
    thing: str = ""
    query: str = ""
    sends: Any = None
    # Each about what is their own.
    own: bool = False


def api(method: str, path: str, person: str, other: str, taskmaster: str, admin: str, **more: Any) -> Row:
    """A call that needs an access token."""
    answers = ("401 not_authenticated", person, other, taskmaster, admin, "401 token_not_valid")
    return Row(method, path, dict(zip(COLUMNS, answers, strict=True)), **more)


def page(method: str, path: str, person: str, other: str, taskmaster: str, admin: str, **more: Any) -> Row:
    """A page for those who are signed in."""
    answers = (SIGN_IN, person, other, taskmaster, admin, SIGN_IN)
    return Row(method, path, dict(zip(COLUMNS, answers, strict=True)), **more)


def admin_page(method: str, path: str, admin: str, **more: Any) -> Row:
    """A page for admins alone. Nobody else gets in: who isn't signed in is led to sign in."""
    answers = (ADMIN_SIGN_IN, "403", "403", "403", admin, ADMIN_SIGN_IN)
    return Row(method, path, dict(zip(COLUMNS, answers, strict=True)), **more)


def each(method: str, path: str, *answers: str, **more: Any) -> Row:
    """A call of which nothing is the rule: an answer for each column, or one for all."""
    all_answers = answers * len(COLUMNS) if len(answers) == 1 else answers
    return Row(method, path, dict(zip(COLUMNS, all_answers, strict=True)), **more)
