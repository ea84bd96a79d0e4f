"""Jobs for tokens and passwords."""

from celery import shared_task

from apps.services import tokens
from apps.services.shared import attempts


@shared_task
def remove_expired_tokens() -> None:
    """Delete expired refresh tokens."""
    tokens.remove_expired()


@shared_task
def remove_old_tries() -> None:
    """Delete wrong passwords that no longer count."""
    attempts.remove_old()
