"""`POST /api/users/assignment/` on PostgreSQL while ToGo tells of each assignment, compared with nobody to tell.

The request does nothing for webhooks and messages; a worker reads the history later. None runs here, because it would
share the processors with the web server: this measures the call, and not the machine.
"""

from statistics import median

from django.utils import timezone

from apps.models import Notification, Webhook
from lab.bench import dataset, report
from lab.bench.turns import Caller, table, take_turns

WEBHOOKS, SUBSCRIBED = 3, 1_000
# A public address, which nobody calls here.
_URL = "https://192.0.32.7/togo"


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    pairs, seconds, days = (2, 0.5, 10) if quick else (60, 1.0, 100)
    # Everybody who is given tasks is subscribed.
    data = dataset.create(SUBSCRIBED, days)
    without, telling = Caller(data, prepare=_tell_nobody), Caller(data, prepare=lambda: _tell(data.people))
    callers = {"nobody to tell": without, f"{WEBHOOKS} webhooks, {SUBSCRIBED:,} people": telling}
    take_turns(callers, pairs=pairs, seconds=seconds)
    speeds = (one.per_second / other.per_second for one, other in zip(telling.rates, without.rates, strict=True))
    return [
        "## With webhooks and messages",
        "",
        *table(callers),
        report.at_least("calls with webhooks and messages relative to without, median of pairs", 0.97, median(speeds)),
        report.at_most("their processor time relative to without", 1.03, telling.cost / without.cost),
    ]


def _tell_nobody() -> None:
    Webhook.objects.all().delete()
    Notification.objects.all().delete()


def _tell(people: list[int]) -> None:
    _tell_nobody()
    Webhook.objects.bulk_create(Webhook(url=f"{_URL}/{number}", events=["*"]) for number in range(WEBHOOKS))
    now = timezone.now()
    Notification.objects.bulk_create(
        Notification(
            user_id=person,
            email=f"p{person}@example.org",
            confirmed_at=now,
            digest_at="07:00",
            digest_weekdays="0123456",
            digest_from=now.date(),
        )
        for person in people
    )
