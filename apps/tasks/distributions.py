"""Jobs for distributions."""

from celery import shared_task

from apps.services import distributions


@shared_task
def remove_expired_distributions() -> None:
    """Delete proposals that have expired."""
    distributions.remove_old()
