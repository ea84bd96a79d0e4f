"""Errors about waiting for a full day."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class WaitingNotFound(ToGoError):
    """No entry with this id waits that this person may see."""

    code, status, title = "waiting_not_found", 404, _("There is no such waiting entry")


class AlreadyWaiting(ToGoError):
    """The task waits for this person's day already, in the entry `waiting` at `position`."""

    code, status, title = "already_waiting", 409, _("This task is already waiting")


class TooManyWaiting(ToGoError):
    """As many tasks (`maximum`) wait for this person's day as may wait for one."""

    code, status, title = "too_many_waiting", 409, _("Too many are waiting")
