"""Errors about tasks."""

from apps.exceptions.base import ToGoError


class TaskNotFound(ToGoError):
    """No task has this id."""

    code, status, title = "task_not_found", 404, "There is no such task"


class TaskExists(ToGoError):
    """An active task has this name already; capitals, blanks and forms of letters make no difference. `task` is its
    id."""

    code, status, title = "task_exists", 409, "There is such a task already"


class TaskInactive(ToGoError):
    """The task is retired, so it can't be assigned any more."""

    code, status, title = "task_inactive", 409, "This task is retired"


class TaskInUse(ToGoError):
    """The task is assigned to someone, so it can't be deleted; it can be retired."""

    code, status, title = "task_in_use", 409, "This task is assigned to someone"
