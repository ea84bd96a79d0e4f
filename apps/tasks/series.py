"""Jobs for series."""

from celery import shared_task

from apps.services.series import filling


@shared_task
def fill_series() -> None:
    """Assign the dates of all series up to the horizon. It may run twice, late, or in part."""
    filling.fill_all()


@shared_task
def remove_old_occurrences() -> None:
    """Delete dates that are older than 366 days, and series that ended so long ago."""
    filling.remove_old()
