"""`/health/live/` and `/health/ready/`"""

import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.services import health

pytestmark = pytest.mark.django_db


def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


def test_live_answers_even_without_the_database() -> None:
    with connection.execute_wrapper(fail):
        response = APIClient().get("/health/live/")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_togo_is_ready_without_a_broker_and_names_what_is_missing() -> None:
    response = APIClient().get("/health/ready/")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    broker, worker = response.json()["reasons"]
    assert broker.startswith("The broker can't be reached")
    assert worker.startswith("No worker has set limits since the start")


def test_togo_is_ready_with_all_its_parts(broker_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker_url
    health.note_job(health.LIMIT_JOB)

    response = APIClient().get("/health/ready/")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "reasons": []})


def test_togo_is_not_ready_without_the_database() -> None:
    with connection.execute_wrapper(fail):
        response = APIClient().get("/health/ready/")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "reasons": ["The database can't be reached."]}


def test_togo_is_not_ready_before_the_migrations() -> None:
    MigrationRecorder(connection).migration_qs.filter(app="togo").latest("id").delete()

    response = APIClient().get("/health/ready/")

    assert response.status_code == 503
    assert response.json()["reasons"] == ["The database's migrations are not applied; run manage.py migrate."]


def test_many_calls_within_a_second_cost_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with CaptureQueriesContext(connection) as queries:
        APIClient().get("/health/ready/")
    assert len(queries) > 0

    with CaptureQueriesContext(connection) as queries:
        answers = [APIClient().get("/health/ready/") for _ in range(20)]
    assert len(queries) == 0
    assert {answer.status_code for answer in answers} == {200}

    monkeypatch.setattr(time, "monotonic", lambda: now + 1)
    with CaptureQueriesContext(connection) as queries:
        APIClient().get("/health/ready/")
    assert len(queries) > 0
