"""The queues of full days, replayed from the history."""

from apps.models import Event, WaitingEntry
from lab.prove import queues


def overtaken() -> list[str]:
    """What went wrong in the queues: everybody who was overtaken, and every entry that was promoted twice or lost."""
    events = Event.objects.order_by("pk").values("id", "kind", "user", "date", "assignment", "data")
    return queues.mistakes(events, WaitingEntry.objects.values_list("pk", flat=True))
