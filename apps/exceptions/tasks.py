"""Errors about tasks."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class TaskNotFound(ToGoError):
    """No task has this id."""

    code, status, title = "task_not_found", 404, _("There is no such task")


class TaskExists(ToGoError):
    """An active task has this name already; capitals, blanks and forms of letters make no difference. `task` is its
    id."""

    code, status, title = "task_exists", 409, _("There is such a task already")


class TaskInactive(ToGoError):
    """The task is retired, so it can't be assigned any more."""

    code, status, title = "task_inactive", 409, _("This task is retired")


class TaskInUse(ToGoError):
    """The task is assigned to someone, so it can't be deleted; it can be retired."""

    code, status, title = "task_in_use", 409, _("This task is assigned to someone")
