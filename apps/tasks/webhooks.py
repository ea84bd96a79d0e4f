"""Jobs that deliver to webhooks.

Messages are sent by a thread beside the jobs: a receiver that is mute occupies no worker, and an installation with one
worker process delivers, too. A lease lets only one thread of all workers send, and the periodic job starts another one
if it has died.
"""

from typing import Any

from celery import shared_task
from django.dispatch import receiver

from apps.serializers.webhooks import message
from apps.services import webhooks
from apps.services.webhooks import delivering
from apps.tasks.base import ThreadBesideJobs, ask

_thread = ThreadBesideJobs("webhooks", lambda wait: delivering.run(render=message, stopping=lambda: wait(0)))


@shared_task
def deliver() -> None:
    """See to it that a thread delivers, as long as a webhook is enabled."""
    if delivering.is_needed():
        _thread.ensure_running()


@shared_task
def remove_old_deliveries() -> None:
    """Delete deliveries that are older than 30 days."""
    webhooks.remove_old()


@receiver(webhooks.wanted)
def ask_for_deliveries(**_: Any) -> None:
    """Enqueue the job now, instead of waiting for the periodic one."""
    ask(deliver)
