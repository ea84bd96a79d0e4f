"""Jobs about kept answers."""

from celery import shared_task

from apps.services.shared import idempotency


@shared_task
def remove_expired_keys() -> None:
    """Forget the answers that were kept for 24 hours."""
    idempotency.remove_expired()
