"""Errors about distributions."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class DistributionTooLarge(ToGoError):
    """More tasks, dates or people's days than one distribution may have; `limit` is the number it may have."""

    code, status, title = "distribution_too_large", 400, _("This is too much for one plan")


class PlanOutdated(ToGoError):
    """Something has changed since the plan was made. Nothing is written; `failures` lists what no longer fits, and
    why."""

    code, status, title = "plan_outdated", 409, _("The plan is out of date")


class PlanApplied(ToGoError):
    """The plan was carried out already, at `applied_at`."""

    code, status, title = "plan_applied", 409, _("The plan is carried out already")
