"""Jobs that deliver to webhooks.

Messages are sent by a thread beside the jobs: a receiver that is mute occupies no worker, and an installation with one
worker process delivers, too. A lease lets only one thread of all workers send, and the periodic job starts another one
if it has died.
"""

import logging
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_process_shutdown
from django.db import connections
from django.dispatch import receiver

from apps.serializers.webhooks import message
from apps.services import webhooks
from apps.services.webhooks import delivering
from apps.tasks.base import ask

logger = logging.getLogger(__name__)

_stopping = threading.Event()
_starting = threading.Lock()
_thread: threading.Thread | None = None


@shared_task
def deliver() -> None:
    """See to it that a thread delivers, as long as a webhook is enabled."""
    global _thread
    with _starting:
        if delivering.is_needed() and not (_thread and _thread.is_alive()):
            _thread = threading.Thread(target=_deliver, name="webhooks", daemon=True)
            _thread.start()


@shared_task
def remove_old_deliveries() -> None:
    """Delete deliveries that are older than 30 days."""
    webhooks.remove_old()


@receiver(webhooks.wanted)
def ask_for_deliveries(**_: Any) -> None:
    """Enqueue the job now, instead of waiting for the periodic one."""
    ask(deliver)


def _deliver() -> None:
    try:
        delivering.run(render=message, stopping=_stopping.is_set)
    except Exception:
        logger.exception("Webhooks can't be delivered now; the periodic job tries again.")
    finally:
        connections.close_all()


@worker_process_shutdown.connect
def stop(**_: Any) -> None:
    """Begin no further messages, and let those that are being sent be finished for a moment."""
    _stopping.set()
    if _thread:
        _thread.join(timeout=2)
