"""Says what is in the archive."""

import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.template import Context, Library

from apps.services import archive
from apps.services.shared import permissions

register = Library()


class Closed(NamedTuple):
    """The first date that is not in the archive, and the folder of its files for those who may know it."""

    end: datetime.date
    folder: Path | None


@register.simple_tag(takes_context=True)
def archive_of(context: Context, date: datetime.date) -> Closed | None:
    """What to tell on a page about this date; None if the date isn't in the archive."""
    end = permissions.archived_before(date)
    person: Any = getattr(context.get("request"), "user", None)
    return Closed(end, archive.folder() if getattr(person, "is_admin", False) else None) if end else None
