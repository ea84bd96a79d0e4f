"""Errors about daily limits."""

from apps.exceptions.base import ToGoError


class LimitBelowTaken(ToGoError):
    """The wanted maximum is lower than what the person already has on that day (`taken`)."""

    code, status, title = "limit_below_taken", 409, "More than this is already taken"
