"""Errors about assignments."""

from apps.exceptions.base import ToGoError


class AssignmentNotFound(ToGoError):
    """No assignment has this id, or none that this person may see."""

    code, status, title = "assignment_not_found", 404, "There is no such assignment"


class DateOutOfRange(ToGoError):
    """The date is further ahead than may be planned, or past for somebody who may only plan from today on."""

    code, status, title = "date_out_of_range", 400, "This date can't be planned"


class DailyLimitReached(ToGoError):
    """The day is full.

    Data: `user`, `date`, `maximum`, `taken`, `source` (where the maximum came from) and `next_free_date`.
    """

    code, status, title = "daily_limit_reached", 409, "The daily limit is reached"


class AlreadyAssigned(ToGoError):
    """The person has this task on this day already, in the assignment with the id `assignment`."""

    code, status, title = "already_assigned", 409, "This task is already assigned"


class NoFreeDay(ToGoError):
    """The person has no day with room, or none without this task, from `first` to `last`."""

    code, status, title = "no_free_day", 409, "There is no free day"


class BulkRefused(ToGoError):
    """Some assignments of a bulk that is all or nothing can't be made, so none is; `failures` says which and why."""

    code, status, title = "bulk_refused", 409, "Some of these can't be assigned"
