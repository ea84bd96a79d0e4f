"""Jobs for sessions."""

from celery import shared_task

from apps.services import sessions


@shared_task
def remove_ended_sessions() -> None:
    """Delete the sessions that have expired, and what was noted about those that ended."""
    sessions.remove_ended()
