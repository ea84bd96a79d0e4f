"""Jobs that import assignments. The rows are in the database, so a job may run twice, at once, late or in part."""

import time
from typing import Any

from celery import shared_task
from django.dispatch import receiver

from apps.services import imports, unit_of_work
from apps.services.imports import blocks
from apps.tasks.base import ask

# After so many seconds an import goes to the end of the queue, so that other jobs get their turn.
TURN = 10


@shared_task
def do_import(import_id: int) -> None:
    """Assign the remaining rows of an import."""
    started = time.monotonic()
    while blocks.do_next_block(import_id):
        if time.monotonic() - started > TURN:
            ask(do_import, import_id)
            return
        unit_of_work.let_others_write()


@shared_task
def do_imports_that_stand_still() -> None:
    """Resume imports that have lost their worker, and start imports whose job never arrived."""
    for import_id in imports.standing_still():
        do_import(import_id)


@shared_task
def remove_old_imports() -> None:
    """Delete imports that are older than 30 days."""
    imports.remove_old()


@receiver(imports.import_taken)
def ask_for_an_import(import_id: int, **_: Any) -> None:
    """Enqueue the job of a new import now, instead of waiting for the periodic job."""
    ask(do_import, import_id)
