"""Jobs about signing in."""

from celery import shared_task

from apps.services import tokens
from apps.services.shared import attempts


@shared_task
def remove_expired_tokens() -> None:
    """Forget the refresh tokens that have expired."""
    tokens.remove_expired()


@shared_task
def remove_old_tries() -> None:
    """Forget the wrong passwords that count no more."""
    attempts.remove_old()
