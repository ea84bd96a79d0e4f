"""Jobs that send messages to people, by a thread beside the jobs: a mail server that is mute occupies no worker."""

from celery import shared_task

from apps.services import notifications
from apps.services.notifications import sending
from apps.tasks.base import ThreadBesideJobs, giving_way

_thread = ThreadBesideJobs("messages", lambda wait: sending.run(stopping=giving_way(wait)))


@shared_task
def send_messages() -> None:
    """See to it that a thread sends messages, if a mail server is set."""
    if sending.is_needed():
        _thread.ensure_running()


@shared_task
def remove_old_messages() -> None:
    """Delete messages that are older than 30 days."""
    notifications.remove_old()
