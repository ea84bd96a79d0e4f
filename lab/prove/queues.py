"""The queues of full days, replayed from the event history."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

Event = dict[str, Any]


def mistakes(events: Iterable[Event], waiting: Collection[int]) -> list[str]:
    """What went wrong in the queues. `events` are in the order of their ids; `waiting` are the entries that are left.

    Finds everything that took room while an entry waited that would have fitted, and every entry that was promoted out
    of order, ended twice or was lost. The events of a day are written while it is locked, so their ids are in the order
    in which they happened.
    """
    events = [event for event in events if event["date"]]
    promoted = Counter(event["assignment"] for event in events if event["kind"] == "promoted")
    found = [f"assignment {one} was promoted twice" for one, number in promoted.items() if number > 1]
    queues: dict[Any, dict[int, int]] = defaultdict(dict)
    efforts: dict[int, int] = {}
    changed = _changed_with(events)
    for event in events:
        queue, data, assignment = queues[event["user"], event["date"]], event["data"], event["assignment"]
        taken = 0
        match event["kind"]:
            case "assigned":
                efforts[assignment] = data["effort"]
                taken = 0 if assignment in promoted else data["effort"]
            case "moved":
                taken = min(efforts[assignment], changed.get(event["id"], efforts[assignment]))
            case "effort_changed":
                efforts[assignment] = data["to"]
                taken = data["to"] - data["from"]
            case "queued":
                queue[data["waiting"]] = data["effort"]
            case "promoted" | "cancelled":
                found += _end(queue, event)
        found += [
            f"event {event['id']} took {taken} while entry {entry} waited for {effort}"
            for entry, effort in queue.items()
            if effort <= taken
        ]
    left = {entry for queue in queues.values() for entry in queue}
    return found + [f"entry {entry} was lost" for entry in sorted(left ^ set(waiting))]


def _changed_with(events: list[Event]) -> dict[int, int]:
    """For each move after which the effort of its assignment changed, the new effort. A move may change the effort,
    too, and the history doesn't tell whether it did or a later call: so the lower effort is what it took for sure."""
    changed: dict[int, int] = {}
    following: dict[int, Event] = {}
    for event in reversed(events):
        after = following.get(event["assignment"])
        if event["kind"] == "moved" and after and after["kind"] == "effort_changed":
            changed[event["id"]] = after["data"]["to"]
        following[event["assignment"]] = event
    return changed


def _end(queue: dict[int, int], event: Event) -> list[str]:
    """Take the event's entry out of the queue; returns what is wrong with that."""
    entry = event["data"]["waiting"]
    effort = queue.pop(entry, None)
    if effort is None:
        return [f"entry {entry} ended twice"]
    ahead = [one for one, smaller in queue.items() if one < entry and smaller <= effort]
    return [f"entry {entry} came before entry {one}" for one in ahead if event["kind"] == "promoted"]
