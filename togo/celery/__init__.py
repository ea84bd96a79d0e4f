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
    """Limit how long this web process waits for a broker that is gone or hangs.

    A job that couldn't be sent is noted in the database, and the periodic job finds it there. Workers keep Celery's
    own, longer waits.
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
def configure_logging(loglevel: int | str | None = None, **_: Any) -> None:
    """Write ToGo's log files in the worker too; `-l` sets the level of what the worker prints."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
    for handler in logging.getLogger().handlers:
        if handler.name == "console":
            handler.setLevel(loglevel or logging.INFO)


@worker_ready.connect
def send_due_jobs_at_start(sender: Any, **_: Any) -> None:
    """Send the jobs that became due while no worker ran, instead of waiting until beat sends them."""
    for name in (
        "apps.tasks.limits.set_due_limits",
        "apps.tasks.imports.do_imports_that_stand_still",
        "apps.tasks.series.fill_series",
        "apps.tasks.tokens.remove_expired_tokens",
        "apps.tasks.webhooks.deliver",
        "apps.tasks.notifications.send_messages",
    ):
        sender.app.send_task(name)


@before_task_publish.connect
def add_request_id_to_job(headers: dict[str, Any], **_: Any) -> None:
    """Send the request's id with the job: the job logs it, and passes it on to the jobs that it sends."""
    headers["togo_request_id"] = logs.current_request_id()


@task_prerun.connect
def begin_job_logs(task: Any, task_id: str, **_: Any) -> None:
    """Put the ids into each line that the job logs, unless the job is called as a function."""
    if not task.request.called_directly and not task.request.is_eager:
        logs.begin_job(job_id=task_id, request_id=task.request.get("togo_request_id"))


@task_postrun.connect
def end_job_logs(task: Any, **_: Any) -> None:
    """Remove the job's ids from the lines that this thread logs from now on."""
    if not task.request.called_directly and not task.request.is_eager:
        logs.end_job()
