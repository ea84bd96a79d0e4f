"""Jobs that import assignments. Their rows are in the database, so they can run twice, at once, late or in part."""

import time
from typing import Any

from celery import shared_task
from django.dispatch import receiver

from apps.services import imports, unit_of_work
from apps.services.imports import blocks
from apps.tasks.base import ask

# So long an import keeps a worker from other jobs, in seconds; then it goes to the end of the queue.
TURN = 10


@shared_task
def do_import(import_id: int) -> None:
    """Do the rows of an import that aren't done."""
    started = time.monotonic()
    while blocks.do_next_block(import_id):
        if time.monotonic() - started > TURN:
            ask(do_import, import_id)
            return
        unit_of_work.let_others_write()


@shared_task
def do_imports_that_stand_still() -> None:
    """Go on with the imports that lost their worker, and begin those whose job never arrived."""
    for import_id in imports.standing_still():
        do_import(import_id)


@shared_task
def remove_old_imports() -> None:
    """Forget the imports of more than 30 days ago."""
    imports.remove_old()


@receiver(imports.import_taken)
def ask_for_an_import(import_id: int, **_: Any) -> None:
    """A file was taken: do its rows soon, not only at the next turn of beat."""
    ask(do_import, import_id)
