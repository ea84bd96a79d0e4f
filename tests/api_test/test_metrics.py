"""`/metrics`, and the dashboard and the alerts that read it."""

import functools
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from apps.models import DailyLimit, JobRun, Message, Task, User
from apps.models.events import Kind
from apps.services import events, limits, metrics, webhooks
from apps.tasks import limits as jobs
from lab.processes import ROOT, Client, Server, start_server
from tests.clock import freeze_time

OPERATIONS = ROOT / "docs" / "operations"
pytestmark = [pytest.mark.no_db, pytest.mark.django_db]
Numbers = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture(autouse=True)
def _embedded(settings: Any) -> None:
    """Run the embedded way, whatever database the tests use."""
    settings.TOGO_EMBEDDED = True


@pytest.fixture(autouse=True)
def _counts_begin_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What all other tests have counted would take a second to add up at each call."""
    folder = tmp_path / "metrics"
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    monkeypatch.setattr(values, "ValueClass", values.MultiProcessValue())
    for metric in (metrics._requests, metrics._latency, metrics._refusals, metrics._replica_reads):
        monkeypatch.setattr(metric, "_metrics", {})
    monkeypatch.setattr(metrics, "_counted", functools.cache(metrics._counted.__wrapped__))


def numbers(text: str) -> Numbers:
    """Each sample's value by its name and the values of its labels, sorted by the labels' names."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read() -> Numbers:
    response = APIClient().get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    return numbers(response.content.decode())


def increase(before: Numbers, after: Numbers, name: str, *labels: str) -> float:
    return after.get((name, labels), 0) - before.get((name, labels), 0)


def test_counts_requests_by_their_route_and_refusals_by_their_code(
    taskmaster: User, alice: User, cooking: Task, signed_in: Callable[[User], APIClient]
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 2), maximum=0)
    before = read()

    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}
    assert signed_in(taskmaster).post("/api/users/assignment/", body, format="json").status_code == 409
    assert APIClient().get("/api/users/assignment/7/").status_code == 401
    assert APIClient().get("/api/nothing/").status_code == 404
    assert APIClient().generic("INVENTED", "/health/live/").status_code == 405

    after = read()
    route = "/api/users/assignment/"
    assert increase(before, after, "togo_http_requests_total", "POST", route, "409") == 1
    assert increase(before, after, "togo_http_request_seconds_count", "POST", route) == 1
    assert increase(before, after, "togo_http_requests_total", "other", "/health/live/", "405") == 1
    for code in ("daily_limit_reached", "not_authenticated", "not_found", "method_not_allowed"):
        assert increase(before, after, "togo_refusals_total", code) == 1, code
    # The labels are routes, because the number of paths is unbounded.
    assert not any("/7/" in label or "nothing" in label for _, labels in after for label in labels)


@pytest.mark.every_database
def test_reports_jobs_drift_and_the_queue(alice: User, broker_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker_url
    jobs.set_due_limits()
    jobs.count_drift()
    with redis.Redis.from_url(broker_url.replace("redis+socket://", "unix://")) as broker:
        broker.rpush("celery", "one", "two")

    found = read()

    assert found["togo_job_last_success_timestamp_seconds", ("set_due_limits",)] == 1772452800
    assert found["togo_job_duration_seconds", ("set_due_limits",)] >= 0
    assert found["togo_drifted_days", ()] == 0
    assert found["togo_queue_jobs", ()] == 2
    assert (found["togo_database_up", ()], found["togo_broker_up", ()]) == (1, 1)

    # Cause drift, which no service does.
    DailyLimit.objects.filter(user=alice, date=date(2026, 3, 2)).update(taken=1)
    jobs.count_drift()
    assert read()["togo_drifted_days", ()] == 1
    DailyLimit.objects.filter(user=alice).update(taken=0)
    call_command("check_limits")
    assert read()["togo_drifted_days", ()] == 0
    assert JobRun.objects.get(pk="check_limits").found == 0


@pytest.mark.every_database
def test_reports_what_is_to_be_sent_to_webhooks(admin: User) -> None:
    names = ("togo_webhook_pending", "togo_webhook_late_seconds", "togo_webhook_unread_seconds")
    with freeze_time("2026-03-02T12:00:00Z") as clock:
        assert [read()[name, ()] for name in names] == [0, 0, 0]
        webhook, _ = webhooks.create(actor=admin, url="https://93.184.215.14/", events=["*"])
        webhooks.test(actor=admin, webhook_id=webhook.pk)
        events.note(Kind.DONE, actor_id=1)
        clock.shift(timedelta(seconds=7))
        assert [read()[name, ()] for name in names] == [1, 7, 7]

        webhooks.update(actor=admin, webhook_id=webhook.pk, enabled=False)
        assert [read()[name, ()] for name in names] == [0, 0, 0]


@pytest.mark.every_database
def test_reports_which_messages_are_late(alice: User) -> None:
    names = ("togo_message_pending", "togo_message_late_seconds")
    with freeze_time("2026-03-02T12:00:00Z") as clock:
        assert [read()[name, ()] for name in names] == [0, 0]
        due = timezone.now() + timedelta(seconds=60)
        Message.objects.create(user=alice, kind="test", due_at=due, give_up_at=due)
        assert [read()[name, ()] for name in names] == [1, 0]
        clock.shift(timedelta(seconds=67))
        assert [read()[name, ()] for name in names] == [1, 7]


def test_answers_without_the_database_or_the_broker() -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        found = read()

    assert (found["togo_database_up", ()], found["togo_broker_up", ()]) == (0, 0)
    assert ("togo_queue_jobs", ()) not in found


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_reads_the_metrics_in_the_embedded_way(address: str) -> None:
    assert APIClient(REMOTE_ADDR=address).get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_AUTHORIZATION": "Bearer ", "REMOTE_ADDR": "192.0.2.7"},
    ],
)
def test_other_callers_get_404(more: dict[str, str]) -> None:
    response = APIClient().get("/metrics", **more)  # type: ignore[arg-type]  # headers by name

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_nobody_reads_the_metrics_of_an_installation_without_a_token(settings: Any) -> None:
    settings.TOGO_EMBEDDED = False

    assert APIClient().get("/metrics").status_code == 404


def test_if_a_token_is_set_only_callers_with_the_token_read_the_metrics(settings: Any) -> None:
    settings.TOGO_EMBEDDED = False
    settings.TOGO_METRICS_TOKEN = "a token for Prometheus"

    def status(authorization: str) -> int:
        return APIClient(REMOTE_ADDR="192.0.2.7").get("/metrics", HTTP_AUTHORIZATION=authorization).status_code

    assert status("Bearer a token for Prometheus") == 200
    for wrong in ("", "Bearer", "Bearer ", "Bearer another", "Basic a token for Prometheus", "Bearer \u00e4"):
        assert status(wrong) == 404, wrong
    settings.TOGO_EMBEDDED = True
    assert APIClient().get("/metrics").status_code == 404


def test_metrics_can_only_be_read() -> None:
    assert APIClient().post("/metrics").status_code == 405


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_all_web_processes_count_together() -> None:
    with start_server(workers=2, TOGO_METRICS_TOKEN="a token") as server:
        for _ in range(40):
            assert Client(server, "").call("GET", "/health/live/")[0] == 200
        seen = {scrape(server)["togo_http_requests_total", ("GET", "/health/live/", "200")] for _ in range(8)}

    assert seen == {40}


def scrape(server: Server) -> Numbers:
    client = Client(server, "a token")
    client._connection.request("GET", "/metrics", headers=client.headers)
    return numbers(client._connection.getresponse().read().decode())


# --- docs/operations --------------------------------------------------------------------------------------------


def test_the_dashboard_and_the_alerts_name_existing_metrics(broker_url: str, settings: Any) -> None:
    settings.CELERY_BROKER_URL = broker_url
    jobs.set_due_limits()
    jobs.count_drift()
    APIClient().get("/api/users/me/")
    metrics.count_replica_read("replica")
    there = {name for name, _ in read()}
    board = json.loads((OPERATIONS / "dashboard.json").read_text())
    alerts = yaml.safe_load((OPERATIONS / "alerts.yaml").read_text())
    shown = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    watched = " ".join(rule["expr"] for rule in rules)

    for named in (set(re.findall(r"togo_\w+", text)) for text in (shown, watched)):
        assert len(named) >= 6
        assert named <= there
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] in {"page", "ticket"} for rule in rules)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_runbook_says_what_to_do_about_every_alert() -> None:
    alerts = yaml.safe_load((OPERATIONS / "alerts.yaml").read_text())
    named = [rule["alert"] for group in alerts["groups"] for rule in group["rules"]]

    assert re.findall(r"^## (\w+)$", (OPERATIONS / "runbook.md").read_text(), re.MULTILINE) == named
