"""Tells callers that the past is not complete."""

import datetime
from typing import TypeVar

from django.http.response import HttpResponseBase

from apps.services.shared import past, permissions

R = TypeVar("R", bound=HttpResponseBase)
HEADER = "ToGo-Archived-Before"


def with_archive(response: R, date_from: datetime.date | None) -> R:
    """The same answer, with the header that names the first date that is not in the archive, if the answer would have
    more without the archive."""
    end = permissions.archived_before(date_from) if date_from else past.end()
    if end:
        response.headers[HEADER] = end.isoformat()
    return response
