"""How services ask for jobs."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def ask(job: Any, *args: object) -> None:
    """Enqueue a job whose work is noted in the database: without a broker the periodic job does it later."""
    try:
        job.delay(*args)
    except OperationalError as error:
        logger.warning("The broker can't be reached (%s); the periodic job will do %s.", error, job.name)
