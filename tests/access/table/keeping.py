"""The pages on which taskmasters and admins keep tasks, people and rules."""

from typing import Any

from tests.access.rows import NONE, Row, each, page


def _taskmasters(method: str, path: str, answer: str, **more: Any) -> Row:
    """A page for taskmasters, about things that are nobody's own."""
    return page(method, path, NONE, "403", answer, answer, **more)


_TASK = "/tasks/{id}/"
_FIELDS = {"name": "baking", "effort": "1"}

TASK_PAGES = [
    _taskmasters("GET", "/tasks/", "200"),
    _taskmasters("GET", "/tasks/new/", "200"),
    _taskmasters("POST", "/tasks/new/", "302 /tasks/", sends=_FIELDS),
    _taskmasters("GET", _TASK, "200", thing="task"),
    _taskmasters("GET", _TASK, "404", case="doesn't exist", thing="missing"),
    _taskmasters("POST", _TASK, "302 /tasks/", thing="task", sends=_FIELDS),
    _taskmasters("POST", f"{_TASK}active/", "302 /tasks/{id}/", thing="task"),
    _taskmasters("GET", f"{_TASK}merge/", "200", thing="task"),
    _taskmasters("POST", f"{_TASK}merge/", "302 /tasks/{id}/", thing="task", sends={"into": "{spare}"}),
    _taskmasters("POST", f"{_TASK}remove/", "302 /tasks/", thing="spare"),
    _taskmasters("POST", f"{_TASK}remove/", "409", case="assigned to somebody", thing="task"),
]

_PERSON = "/people/{id}/"
_NAMES = {"first_name": "", "last_name": "", "role": "person"}
_STAY = {"tasks": "stay"}


def _write(path: str, answer: str, **more: Any) -> Row:
    """A page on which only admins change a person; other people don't learn whether there is one."""
    return page("POST", path, "403", "404", "403", answer, thing="whose", **more)


PEOPLE_PAGES = [
    _taskmasters("GET", "/people/", "200"),
    page("GET", "/people/new/", NONE, "403", "403", "200"),
    page("POST", "/people/new/", NONE, "403", "403", "200", sends={"username": "newcomer", "role": "person"}),
    page("GET", _PERSON, "403", "403", "200", "200", thing="whose"),
    _taskmasters("GET", _PERSON, "404", case="doesn't exist", thing="missing"),
    _write(_PERSON, "302 /people/{id}/", sends=_NAMES),
    page("POST", f"{_PERSON}link/", "403", "404", "403", "200", thing="whose"),
    page("GET", f"{_PERSON}deactivate/", "403", "404", "403", "200", thing="whose"),
    _write(f"{_PERSON}deactivate/", "302 /people/{id}/", sends=_STAY),
    _write(f"{_PERSON}activate/", "302 /people/{id}/"),
    *(
        each(method, "/password/{token}/", "404", case="a forged link; a right one needs no sign-in")
        for method in ("GET", "POST")
    ),
]

_RULE = "/rules/{id}/"
_SATURDAYS = {"who": "everyone", "maximum": "2", "weekday": "5", "reason": "Weekend"}

RULE_PAGES = [
    _taskmasters("GET", "/rules/", "200"),
    _taskmasters("GET", "/rules/holidays/", "200"),
    _taskmasters(
        "POST",
        "/rules/holidays/",
        "302 /rules/",
        sends={"country": "DE", "year": "2027", "date": "2027-12-25", "maximum": 0},
    ),
    _taskmasters("GET", "/rules/new/", "200"),
    _taskmasters("POST", "/rules/new/", "302 /rules/", sends=_SATURDAYS),
    _taskmasters("POST", "/rules/new/", "200", case="only shows the effect", sends={**_SATURDAYS, "preview": "on"}),
    _taskmasters("GET", _RULE, "200", thing="rule"),
    _taskmasters("GET", _RULE, "404", case="doesn't exist", thing="missing"),
    _taskmasters("POST", _RULE, "302 /rules/", thing="rule", sends=_SATURDAYS),
    _taskmasters("GET", f"{_RULE}end/", "200", thing="rule"),
    _taskmasters("POST", f"{_RULE}end/", "302 /rules/", thing="rule"),
]
