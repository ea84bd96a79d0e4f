"""The pages on which taskmasters and admins keep tasks, people and rules."""

from typing import Any

from tests.access.rows import NONE, Row, page


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
