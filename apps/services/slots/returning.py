"""Tasks that were handed back: how they leave the list. `portable.give_back` puts them there."""

from apps.models import ReturnedTask, Task, User
from apps.models.events import Kind
from apps.services import events
from apps.services.unit_of_work import LostRace, atomic


def remove_returned(returned: ReturnedTask) -> None:
    """Take it off the list. Raises `LostRace` if somebody else has done so."""
    deleted, _ = ReturnedTask.objects.filter(pk=returned.pk).delete()
    if deleted != 1:
        raise LostRace


def close_returned(*, actor: User, returned: ReturnedTask) -> None:
    """Take it off the list, because nobody needs to do it, and write the event. Raises `LostRace`."""
    with atomic():
        remove_returned(returned)
        events.note(
            Kind.RETURN_CLOSED,
            actor_id=actor.pk,
            user_id=returned.user_id,
            task=returned.task,
            date=returned.date,
            data={"effort": returned.effort, "returned": returned.pk},
        )


def change_returned(*, old: Task, new: Task) -> None:
    """Let every returned task that is `old` be `new`, when the two are merged."""
    ReturnedTask.objects.filter(task=old).update(task=new)
