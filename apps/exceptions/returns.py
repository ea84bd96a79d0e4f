"""Errors about tasks that are handed back."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class ReturnNotFound(ToGoError):
    """No returned task has this id, or none that this person may see; somebody may have placed it again."""

    code, status, title = "return_not_found", 404, _("There is no such returned task")


class AlreadyDone(ToGoError):
    """The assignment is done, and what is done can't be handed back."""

    code, status, title = "already_done", 409, _("This task is done")
