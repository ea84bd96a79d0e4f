"""Calls are counted per caller, and a caller who calls too often is told when to call again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework.views import APIView

from apps.models import Assignment, Task, User
from apps.models.api_keys import Scope
from apps.services import api_keys
from apps.services.shared import rate_limits
from apps.views.http.rate_limits import CallThrottle
from tests.api_test.test_problems import assert_problem
from tests.clock import stop_rate_limits

pytestmark = pytest.mark.no_db


@pytest.fixture(autouse=True)
def _limited(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three calls in a second, with the clock stopped, counted in this test's own folder."""
    stop_rate_limits(monkeypatch)
    settings.TOGO_HOME, settings.TOGO_RATE_LIMIT = tmp_path, (3, 1)
    # As settings.py does if there is a limit.
    monkeypatch.setattr(APIView, "throttle_classes", [CallThrottle])
    yield
    for key in [key for key in rate_limits._opened if key[0].parent == tmp_path]:
        rate_limits._opened.pop(key).close()


def statuses(call: Callable[[], Any], times: int = 5) -> list[int]:
    return [call().status_code for _ in range(times)]


def test_the_settings_count_the_calls_if_there_is_a_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.unit_test.test_settings import read

    monkeypatch.setenv("TOGO_HOME", str(tmp_path))
    name = "DEFAULT_THROTTLE_CLASSES"
    assert read(monkeypatch, TOGO_RATE_LIMIT="off")["REST_FRAMEWORK"][name] == []
    for limit in ("", "5/m"):
        classes = read(monkeypatch, TOGO_RATE_LIMIT=limit)["REST_FRAMEWORK"][name]
        assert classes == ["apps.views.http.rate_limits.CallThrottle"]


def test_tokens_and_keys_of_a_person_count_together(taskmaster: User, signed_in: Callable[[User], APIClient]) -> None:
    program = APIClient()
    key = api_keys.create(actor=taskmaster, name="backup", scope=Scope.READ)[1]
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    caller = signed_in(taskmaster)

    assert statuses(lambda: caller.get("/api/users/me/"), times=1) == [200]
    # A call outside the key's scope counts, too.
    assert statuses(lambda: program.post("/api/tasks/", {}, format="json"), times=1) == [403]
    assert statuses(lambda: program.get("/api/users/me/"), times=2) == [200, 429]
    assert_problem(caller.get("/api/users/me/"), 429, "too_many_requests")


def test_a_person_who_calls_too_often_is_told_when_to_call_again(
    taskmaster: User, alice: User, tasks: list[Task], signed_in: Callable[[User], APIClient]
) -> None:
    caller = signed_in(taskmaster)

    def assign(task: Task) -> Any:
        body = {"task": task.pk, "user": alice.pk, "date": "2026-03-02"}
        return caller.post("/api/users/assignment/", body, format="json")

    answers = [assign(task) for task in tasks[:4]]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    problem = assert_problem(answers[3], 429, "too_many_requests")
    assert (answers[3]["Retry-After"], problem["retry_after"]) == ("1", 1)
    assert "3 calls in a second" in problem["detail"]
    assert Assignment.objects.count() == 3


def test_all_tokens_of_a_person_count_together_and_other_people_separately(
    alice: User, stranger: User, signed_in: Callable[[User], APIClient]
) -> None:
    callers = [signed_in(alice), signed_in(alice)]

    assert [callers[number % 2].get("/api/users/me/").status_code for number in range(5)] == [200] * 3 + [429] * 2
    assert statuses(lambda: signed_in(stranger).get("/api/users/me/")) == [200] * 3 + [429] * 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("post", "/api/users/token/", {}, 400),
        ("post", "/api/users/token/refresh/", {}, 400),
        ("get", "/api/users/calendar/nothing.ics", {}, 404),
        # Refused before the caller is known.
        ("get", "/api/users/me/", {}, 401),
        ("get", "/api/users/me/", {"HTTP_AUTHORIZATION": "Bearer forged"}, 401),
        # An unknown path, a wrong method and a page.
        ("get", "/api/nothing/", {}, 404),
        ("patch", "/api/users/token/", {}, 405),
        ("get", "/api/docs/", {}, 200),
    ],
)
def test_anonymous_calls_are_counted_by_address(method: str, path: str, headers: dict[str, str], status: int) -> None:
    def call(address: str) -> Any:
        return APIClient().generic(method.upper(), path, "{}", "application/json", REMOTE_ADDR=address, **headers)

    assert statuses(lambda: call("198.51.100.7")) == [status] * 3 + [429] * 2
    refused = call("198.51.100.7")
    assert assert_problem(refused, 429, "too_many_requests")["retry_after"] == int(refused["Retry-After"]) == 1
    assert statuses(lambda: call("198.51.100.8")) == [status] * 3 + [429] * 2


@pytest.mark.django_db
def test_a_trusted_proxy_names_the_address(settings: Any) -> None:
    def call(**said: str) -> int:
        return APIClient().post("/api/users/token/", {}, format="json", REMOTE_ADDR="10.0.0.7", **said).status_code

    def named(number: int) -> dict[str, str]:
        return {"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}"}

    assert [call(**named(number)) for number in range(5)] == [400] * 3 + [429] * 2
    from ipaddress import ip_network

    settings.TOGO_TRUSTED_PROXIES = [ip_network("10.0.0.7")]
    assert [call(**named(number)) for number in range(5)] == [400] * 5


def test_health_and_metrics_have_no_limit(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # What all other tests have counted takes a second to add up.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert statuses(lambda: APIClient().get("/health/live/")) == [200] * 5
    assert 429 not in statuses(lambda: APIClient().get("/health/ready/"))
    assert 429 not in statuses(lambda: APIClient().get("/metrics"))
