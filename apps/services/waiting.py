"""Who waits for a full day: reads and cancels entries, ends those that can't be served any more, and checks the rest.

`assignments.assign_or_wait` queues a task; `slots` gives it the room that comes free.
"""

import datetime
from collections.abc import Iterator, Mapping

from django.db.models import Count, F
from django.utils.translation import gettext

from apps.exceptions.waiting import WaitingNotFound
from apps.models import DailyLimit, User, WaitingEntry
from apps.models.waiting import Ending, WaitingQuerySet
from apps.services import slots, unit_of_work
from apps.services.shared import permissions

# Entries or days per transaction of the periodic job.
_PER_CHUNK = 500


def visible_to(actor: User) -> WaitingQuerySet:
    """The entries that `actor` may see and that can still be served, with their days, tasks and positions."""
    today = permissions.today()
    return WaitingEntry.objects.visible_to(actor).live(today).with_place(today)


def of_person(*, actor: User, user_id: int, first: datetime.date, last: datetime.date) -> list[WaitingEntry]:
    """A person's entries from `first` to `last` that `actor` may see, by date and position."""
    days = {"daily_limit__user": user_id, "daily_limit__date__gte": first, "daily_limit__date__lte": last}
    return list(visible_to(actor).filter(**days).order_by("daily_limit__date", "pk"))


def get(*, actor: User, entry_id: int) -> WaitingEntry:
    """An entry with its position. Raises `WaitingNotFound` if none waits that `actor` may see."""
    entry = visible_to(actor).filter(pk=entry_id).first()
    if entry is None:
        raise _not_found(entry_id)
    return entry


def cancel(*, actor: User, entry_id: int) -> None:
    """Take an entry out of the queue.

    Raises `WaitingNotFound`, also if it was given its slot meanwhile, `NotAllowed` and `TryAgain`; then nothing is
    changed.
    """

    def attempt() -> None:
        permissions.require_may_cancel(actor, get(actor=actor, entry_id=entry_id))
        entries = WaitingEntry.objects.filter(pk=entry_id)
        if not slots.leave(actor=actor, entries=entries, ending=Ending.CANCELLED):
            raise _not_found(entry_id)

    unit_of_work.retry(attempt)


def end_for_task(*, actor: User, task_id: int) -> None:
    """End all entries of a task. Call it in the transaction that retires the task or brings it back."""
    _end(WaitingEntry.objects.filter(task=task_id), actor=actor, ending=Ending.TASK_INACTIVE)


def end_for_person(*, actor: User | None, user_id: int) -> None:
    """End all entries of a person's days. Call it in the transaction that deactivates or activates the person."""
    _end(WaitingEntry.objects.filter(daily_limit__user=user_id), actor=actor, ending=Ending.USER_INACTIVE)


def keep() -> None:
    """End the entries that can't be served any more, and serve those that fit their day.

    Mostly it ends those whose date has passed. An entry of a retired task or a deactivated person is left only if it
    was queued at the same moment: until now nobody saw it, and it was given nothing. ToGo serves entries in the
    transaction that frees room, so nothing is left to serve, unless a process of an older version, which knows no
    entries, freed the room. This may run twice, at the same time or in part.
    """
    today = permissions.today()
    for ending, ended in WaitingEntry.objects.ended(today).items():
        while chunk := list(ended.order_by("pk").values_list("pk", flat=True)[:_PER_CHUNK]):
            _end(WaitingEntry.objects.filter(pk__in=chunk), actor=None, ending=ending)
    for day_id in set(WaitingEntry.objects.that_fit(today).values_list("daily_limit", flat=True)):
        unit_of_work.retry(lambda day_id=day_id: slots.promote(actor=None, day_ids=[day_id]))  # type: ignore[misc]


def overlooked() -> Iterator[Mapping[str, object]]:
    """Every entry for which its day has room: `user`, `date`, `task` and `effort`. There should be none."""
    fields = {"user": F("daily_limit__user"), "date": F("daily_limit__date")}
    yield from WaitingEntry.objects.that_fit(permissions.today()).order_by("pk").values("task", "effort", **fields)


def miscounted() -> Iterator[Mapping[str, object]]:
    """Every day whose `waiting` differs from the number of its entries, `counted`. There should be none."""
    days = DailyLimit.objects.values("user_id", "date", "waiting").annotate(counted=Count("entries"))
    yield from days.exclude(counted=F("waiting")).order_by("user_id", "date").iterator()


def _end(entries: WaitingQuerySet, *, actor: User | None, ending: Ending) -> None:
    unit_of_work.retry(lambda: slots.leave(actor=actor, entries=entries, ending=ending))


def _not_found(entry_id: int) -> WaitingNotFound:
    return WaitingNotFound(
        gettext("No entry with the id %(entry_id)s is waiting.") % {"entry_id": entry_id}, waiting=entry_id
    )
