"""The Celery app: `celery -A togo.celery worker -B -l info`."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")

app = Celery("togo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["apps"])


@setup_logging.connect
def log_as_the_settings_say(loglevel: int | str | None = None, **_: Any) -> None:
    """Keep ToGo's log files in the worker too; `-l` sets what the worker prints."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
    for handler in logging.getLogger().handlers:
        if handler.name == "console":
            handler.setLevel(loglevel or logging.INFO)


@worker_ready.connect
def set_limits_at_start(sender: Any, **_: Any) -> None:
    """Catch up on what was due while no worker ran, instead of waiting for beat's next turn."""
    for name in (
        "apps.tasks.limits.set_due_limits",
        "apps.tasks.imports.do_imports_that_stand_still",
        "apps.tasks.tokens.remove_expired_tokens",
    ):
        sender.app.send_task(name)
