"""Errors about series."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class SeriesNotFound(ToGoError):
    """There is no series with this id that this person may see."""

    code, status, title = "series_not_found", 404, _("There is no such series")
