"""Errors about series."""

from apps.exceptions.base import ToGoError


class SeriesNotFound(ToGoError):
    """There is no series with this id that this person may see."""

    code, status, title = "series_not_found", 404, "There is no such series"
