"""The Celery app: `celery -A togo.celery worker -B -l info`."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun, worker_ready

from togo import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")

app = Celery("togo")
app.config_from_object("togo.starting:settings", namespace="CELERY")
app.autodiscover_tasks(["apps"])


def wait_briefly_for_the_broker() -> None:
    """Let this process, a web server's, wait at most a moment for a broker that is gone or hangs.

    What a request would have asked for is noted in the database, and the periodic job finds it there. Workers keep
    Celery's patience.
    """
    app.conf.update(
        task_publish_retry=False,
        broker_transport_options={
            **app.conf.broker_transport_options,
            "max_retries": 0,
            "socket_connect_timeout": 0.3,
            "socket_timeout": 0.3,
            "retry_on_timeout": False,
        },
    )


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


@before_task_publish.connect
def send_the_requests_id(headers: dict[str, Any], **_: Any) -> None:
    """A job, and those that it shares its work out to, log the id of the request that asked for them."""
    headers["togo_request_id"] = logs.current_request_id()


@task_prerun.connect
def log_as_a_job(task: Any, task_id: str, **_: Any) -> None:
    """Put the ids into each line that is logged while the job is done; not where it is called as a function."""
    if not task.request.called_directly and not task.request.is_eager:
        logs.begin_job(job_id=task_id, request_id=task.request.get("togo_request_id"))


@task_postrun.connect
def log_as_no_job(task: Any, **_: Any) -> None:
    """The job is done."""
    if not task.request.called_directly and not task.request.is_eager:
        logs.end_job()
