"""Whether ToGo can do its work."""

import socket
import time
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from apps.models import JobRun
from apps.services import health
from tests.clock import freeze_time

pytestmark = pytest.mark.django_db


def test_with_a_broker_and_a_worker_it_is_ok(broker_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker_url
    health.note_job("set_due_limits")

    assert health.readiness() == health.Readiness("ok", [])


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:1/0",
        "redis+socket:///nowhere.sock",
        "redis://no-such-host.invalid:6379/0",
        "amqp://localhost",
    ],
)
def test_without_a_broker_it_is_degraded(settings: Any, url: str) -> None:
    settings.CELERY_BROKER_URL = url
    health.note_job("set_due_limits")

    assert health.readiness() == health.Readiness("degraded", [health.NO_BROKER])


@pytest.mark.no_db
@pytest.mark.real_time
def test_readiness_does_not_wait_for_a_broker_that_never_answers(settings: Any) -> None:
    health.note_job("set_due_limits")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"

        started = time.monotonic()
        assert health.readiness() == health.Readiness("degraded", [health.NO_BROKER])
        assert time.monotonic() - started < 1


def test_after_more_than_5_minutes_without_a_run_it_is_degraded(broker_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker_url
    silence = "No worker has set limits since the start; check that a worker and beat are running."
    assert health.readiness() == health.Readiness("degraded", [silence])

    health.note_job("another job")
    assert health.readiness().status == "degraded"
    health.note_job("set_due_limits")
    with freeze_time("2026-03-02T12:05:00Z"):
        assert health.readiness().status == "ok"
    with freeze_time("2026-03-02T12:05:01Z"):
        (reason,) = health.readiness().reasons
        assert reason.startswith("No worker has set limits since 2026-03-02 12:00:00")
        health.note_job("set_due_limits")
        assert health.readiness().status == "ok"
    assert JobRun.objects.count() == 2


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_without_the_database_it_is_unavailable(error: Exception) -> None:
    def fails(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise error

    with connection.execute_wrapper(fails):
        assert health.readiness() == health.Readiness("unavailable", ["The database can't be reached."])


def test_before_the_migrations_it_is_unavailable() -> None:
    MigrationRecorder(connection).migration_qs.filter(app="togo").latest("id").delete()

    assert health.readiness() == health.Readiness(
        "unavailable", ["The database's migrations are not applied; run manage.py migrate."]
    )
