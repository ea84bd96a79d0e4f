"""Jobs that send messages to people, by threads beside the jobs: a mail server that is mute occupies no worker."""

from functools import partial

from celery import shared_task

from apps.models.notifications import Way
from apps.services import notifications
from apps.services.notifications import collecting, sending
from apps.tasks.base import ThreadBesideJobs, Wait, giving_way


def _send(way: Way, wait: Wait) -> None:
    sending.run(way, stopping=giving_way(wait))


_threads = {way: ThreadBesideJobs(sending.lease_of(way), partial(_send, way)) for way in Way}


@shared_task
def send_messages() -> None:
    """See to it that a thread sends messages in each way that is set."""
    for way in collecting.ways():
        _threads[way].ensure_running()


@shared_task
def remove_old_messages() -> None:
    """Delete messages that are older than 30 days."""
    notifications.remove_old()
