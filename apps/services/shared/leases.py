"""Leases: work that one process does at a time, and another one takes over if the process dies."""

import datetime

from django.db.models import Q
from django.utils import timezone

from apps.models import Lease
from apps.services import unit_of_work

# Without being renewed, a lease ends after this time: so long waits the process that takes over from a killed one.
LASTS = datetime.timedelta(seconds=15)


def hold(name: str, *, holder: str) -> bool:
    """Take the lease of this name, or renew it; returns whether `holder` has it for the next 15 seconds."""

    def work() -> bool:
        now = timezone.now()
        Lease.objects.get_or_create(pk=name, defaults={"until": now})
        mine_or_free = Lease.objects.filter(Q(holder=holder) | Q(until__lte=now), pk=name)
        return mine_or_free.update(holder=holder, until=now + LASTS) == 1

    return unit_of_work.run(work)


def release(name: str, *, holder: str) -> None:
    """Let another process have the lease at once."""
    mine = Lease.objects.filter(pk=name, holder=holder)
    unit_of_work.run(lambda: mine.update(holder="", until=timezone.now()))
