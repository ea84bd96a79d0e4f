"""Errors about assignments."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class AssignmentNotFound(ToGoError):
    """There is no assignment with this id that this person may see."""

    code, status, title = "assignment_not_found", 404, _("There is no such assignment")


class DateOutOfRange(ToGoError):
    """The date is too far ahead, or past and the person may only plan from today on."""

    code, status, title = "date_out_of_range", 400, _("This date can't be planned")


class DailyLimitReached(ToGoError):
    """The day is full.

    Data: `user`, `date`, `maximum`, `taken`, `source` (where the maximum came from) and `next_free_date`.
    """

    code, status, title = "daily_limit_reached", 409, _("The daily limit is reached")


class AlreadyAssigned(ToGoError):
    """The person has this task on this day already, in the assignment with the id `assignment`."""

    code, status, title = "already_assigned", 409, _("This task is already assigned")


class NoFreeDay(ToGoError):
    """From `first` to `last` the person has no day with room and without this task."""

    code, status, title = "no_free_day", 409, _("There is no free day")


class BulkRefused(ToGoError):
    """A bulk in mode `all` was refused and nothing is written; `failures` lists the refused items and the reasons."""

    code, status, title = "bulk_refused", 409, _("Some of these can't be assigned")
