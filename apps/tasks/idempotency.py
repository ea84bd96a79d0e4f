"""Jobs for idempotency keys."""

from celery import shared_task

from apps.services.shared import idempotency


@shared_task
def remove_expired_keys() -> None:
    """Delete answers that are older than 24 hours."""
    idempotency.remove_expired()
