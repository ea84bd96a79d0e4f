"""Jobs about signing in."""

from celery import shared_task

from apps.services import tokens


@shared_task
def remove_expired_tokens() -> None:
    """Forget the refresh tokens that have expired."""
    tokens.remove_expired()
