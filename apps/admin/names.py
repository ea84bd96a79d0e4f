"""What the admin pages call tables and columns, in the reader's language.

The models have no such names, because each change of a name would be a migration.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.models import Assignment, DailyLimit, LimitRule, ReturnedTask, Series, Task, User, WaitingEntry

_TABLES = {
    User: (_("person"), _("people")),
    Task: (_("task"), _("tasks")),
    LimitRule: (_("limit rule"), _("limit rules")),
    DailyLimit: (_("daily limit"), _("daily limits")),
    # What keeps a task from being deleted.
    Assignment: (_("assignment"), _("assignments")),
    ReturnedTask: (_("returned task"), _("returned tasks")),
    Series: (_("series"), pgettext_lazy("several", "series")),
    WaitingEntry: (_("waiting entry"), _("waiting entries")),
}
_COLUMNS = {
    "username": _("username"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "is_active": _("is active"),
    "is_taskmaster": _("is taskmaster"),
    "is_admin": _("is admin"),
    "name": _("name"),
    "label": _("label"),
    "color": _("color"),
    "note": _("note"),
    "effort": _("effort"),
    "deadline": _("deadline"),
    "user": _("user"),
    "weekday": _("weekday"),
    "date": _("date"),
    "date_from": _("date from"),
    "date_to": _("date to"),
    "maximum": _("maximum"),
    "wanted": _("wanted"),
    "taken": _("taken"),
    "reason": _("reason"),
    "source_kind": _("source kind"),
    "source_reason": _("source reason"),
    "created_at": _("created at"),
    "applied_at": _("applied at"),
}


def name_all() -> None:
    """Give the tables and their columns these names."""
    for model, (one, many) in _TABLES.items():
        meta = model._meta  # noqa: SLF001 - Django's documented name for it
        meta.verbose_name, meta.verbose_name_plural = one, many
        for field in meta.fields:
            field.verbose_name = _COLUMNS.get(field.name, field.verbose_name)
