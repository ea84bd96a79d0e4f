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
PEOPLE = (ANONYMOUS, PERSON, OTHER, TASKMASTER, ADMIN, DISABLED)
# Programs that call the API with a key of the taskmaster's, one for each scope.
KEYS = (READ, ASSIGN, ALL) = ("read", "assign", "all")
COLUMNS = (*PEOPLE, *KEYS)
# Paths that are called with a token or key; all others are called with a session.
API = ("/api/", "/health/", "/metrics")

# A cell without a call: the caller can't have the case.
NONE = "–"
SIGN_IN = "302 /sign-in/"
ADMIN_SIGN_IN = "302 /admin/login/"
NO_KEY = "403 key_not_allowed"
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


_BELOW_USERS = ("assignment", "distribution", "returned", "series", "waiting")
_ASSIGNING = tuple(f"/api/users/{name}/" for name in _BELOW_USERS)


def api(
    method: str,
    path: str,
    person: str,
    other: str,
    taskmaster: str,
    admin: str,
    *,
    no_key: bool = False,
    **more: Any,
) -> Row:
    """A call that needs an access token or a key. `no_key` says that no key may make it; any other call may be made
    with the scope `all`, a GET with each scope, and one that assigns with `assign`. A key that may make
    the call gets the taskmaster's answer."""
    answers = ("401 not_authenticated", person, other, taskmaster, admin, "401 token_not_valid")
    scopes = {ALL} | ({READ, ASSIGN} if method == "GET" else set())
    scopes |= {ASSIGN} if path.startswith(_ASSIGNING) else set()
    with_key = [taskmaster if taskmaster == NONE or (scope in scopes and not no_key) else NO_KEY for scope in KEYS]
    return Row(method, path, dict(zip(COLUMNS, (*answers, *with_key), strict=True)), **more)


def page(method: str, path: str, person: str, other: str, taskmaster: str, admin: str, **more: Any) -> Row:
    """A page for people who are signed in."""
    answers = (SIGN_IN, person, other, taskmaster, admin, SIGN_IN)
    return _without_keys(method, path, answers, **more)


def admin_page(method: str, path: str, admin: str, **more: Any) -> Row:
    """A page for admins only. Callers who aren't signed in are redirected to the sign-in."""
    answers = (ADMIN_SIGN_IN, "403", "403", "403", admin, ADMIN_SIGN_IN)
    return _without_keys(method, path, answers, **more)


def each(method: str, path: str, *answers: str, **more: Any) -> Row:
    """A call that needs no token, with an answer for each of the people, or one for all."""
    return _without_keys(method, path, answers * len(PEOPLE) if len(answers) == 1 else answers, **more)


def _without_keys(method: str, path: str, answers: tuple[str, ...], **more: Any) -> Row:
    """A row for people. A call of the API that needs no token ignores a key, and no key opens a page."""
    taskmaster = answers[PEOPLE.index(TASKMASTER)]
    with_key = [taskmaster if path.startswith(API) else NONE] * len(KEYS)
    return Row(method, path, dict(zip(COLUMNS, (*answers, *with_key), strict=True)), **more)
