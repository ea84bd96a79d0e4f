"""Errors about daily limits."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class LimitBelowTaken(ToGoError):
    """The new maximum is lower than the number of tasks (`taken`) that the person already has on that day."""

    code, status, title = "limit_below_taken", 409, _("More than this is already taken")
