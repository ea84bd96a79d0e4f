"""Enqueues jobs for the signals of services."""

import logging
from typing import Any

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def ask(job: Any, *args: object) -> None:
    """Enqueue a job. Its work is noted in the database, so without a broker the periodic job does it later."""
    try:
        job.delay(*args)
    except OperationalError as error:
        logger.warning("The broker can't be reached (%s); the periodic job will do %s.", error, job.name)
