"""The log files: one JSON object a line, with the request's id and without any secret."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.models import User
from apps.services import limits, users
from apps.tasks import limits as jobs
from tests.conftest import make_person, token_of

pytestmark = pytest.mark.no_db


class Log:
    """The text that is written to a log file from now on."""

    def __init__(self, name: str) -> None:
        self.path = Path(settings.TOGO_LOG_DIR) / name
        self.start = self.path.stat().st_size if self.path.exists() else 0

    def text(self) -> str:
        return self.path.read_bytes()[self.start :].decode() if self.path.exists() else ""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def errors() -> Log:
    return Log("debug.log")


@pytest.fixture
def limit_log() -> Log:
    return Log("togo_task_pick_limit_debug.log")


def break_reads_of_limits(monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    """Make every read of a limit raise an error."""

    def fail(*args: Any) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(limits, "today_of", fail)


def test_an_event_is_one_line_whatever_it_says(errors: Log) -> None:
    logging.getLogger("apps.test").error("two\nlines, \u00e4 \U0001f600 %s", '"quoted"', extra={"date": "2026-03-02"})
    logging.getLogger("another.library").warning("a warning")
    logging.getLogger("apps.test").info("not an error")

    first, second = errors.lines()
    assert first.pop("at").startswith("2026-03-02T12:00:00")
    assert first == {
        "level": "ERROR",
        "logger": "apps.test",
        "message": 'two\nlines, \u00e4 \U0001f600 "quoted"',
        "request_id": None,
        "exc_info": None,
        "date": "2026-03-02",
    }
    assert (second["level"], second["logger"], second["message"]) == ("WARNING", "another.library", "a warning")


def test_an_internal_error_is_one_line_with_its_traceback_and_the_requests_id(
    alice: User, signed_in: Callable[[User], APIClient], monkeypatch: pytest.MonkeyPatch, errors: Log
) -> None:
    break_reads_of_limits(monkeypatch, "two\nlines")
    caller = signed_in(alice)
    caller.raise_request_exception = False

    response = caller.get("/api/users/me/", HTTP_X_REQUEST_ID="seen-by-the-caller")

    assert (response.status_code, response["X-Request-ID"]) == (500, "seen-by-the-caller")
    (line,) = errors.lines()
    assert (line["level"], line["request_id"]) == ("ERROR", "seen-by-the-caller")
    assert line["message"] == "Internal Server Error: /api/users/me/"
    assert "Traceback" in line["exc_info"]
    assert "RuntimeError: two\nlines" in line["exc_info"]
    # The request is left out, because its headers hold the token.
    assert set(line) == {"at", "level", "logger", "message", "request_id", "exc_info", "status_code"}


def test_requests_have_different_ids_and_lines_after_them_have_none(
    alice: User, signed_in: Callable[[User], APIClient], monkeypatch: pytest.MonkeyPatch, errors: Log
) -> None:
    break_reads_of_limits(monkeypatch, "again")
    caller = signed_in(alice)
    caller.raise_request_exception = False

    answered = [caller.get("/api/users/me/")["X-Request-ID"] for _ in range(2)]
    logging.getLogger("apps.test").error("after them")

    assert len(set(answered)) == 2
    assert [line["request_id"] for line in errors.lines()] == [*answered, None]


def test_refusals_are_not_logged(alice: User, signed_in: Callable[[User], APIClient], errors: Log) -> None:
    caller = signed_in(alice)
    for response, status in (
        (APIClient().get("/api/users/me/"), 401),
        (caller.get("/api/users/assignment/1/"), 404),
        (caller.get("/api/nothing/"), 404),
        (caller.post("/api/users/assignment/", {}, format="json"), 400),
        (caller.put("/api/users/me/"), 405),
        (caller.get("/api/users/me/", HTTP_HOST="evil.example.org"), 400),
    ):
        assert response.status_code == status

    assert errors.text() == ""


def test_no_password_and_no_token_gets_into_a_log(
    monkeypatch: pytest.MonkeyPatch, errors: Log, limit_log: Log, capfd: pytest.CaptureFixture[str], db: None
) -> None:
    bob = users.create_user(actor=None, username="bob", password="xyzzy of my own choice")
    client = APIClient(raise_request_exception=False)
    sign_in = {"username": "bob", "password": "xyzzy of my own choice"}
    pair = client.post("/api/users/token/", sign_in, format="json").json()
    break_reads_of_limits(monkeypatch, "a mistake")

    client.post("/api/users/token/", {**sign_in, "username": "nobody"}, format="json")
    client.post("/api/users/token/?password=xyzzy", {"password": "xyzzy", "username": 1}, format="json")
    client.post("/api/users/token/", '{"password": "xyzzy"', content_type="application/json")
    client.post("/api/users/token/refresh/", {"refresh": pair["access"]}, format="json")
    client.post("/api/users/token/revoke/", {"refresh": pair["refresh"]}, format="json")
    response = client.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token_of(bob)}")
    assert response.status_code == 500

    assert [line["message"] for line in errors.lines()] == ["Internal Server Error: /api/users/me/"]
    written = errors.text() + limit_log.text() + "".join(capfd.readouterr())
    assert "a mistake" in written
    for secret in ("xyzzy", bob.password, settings.SECRET_KEY, pair["access"], pair["refresh"], "Bearer", "eyJ"):
        assert secret not in written


def test_the_limit_job_writes_a_line_for_each_date(taskmaster: User, alice: User, limit_log: Log, errors: Log) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=limits.permissions.today(), maximum=3)

    jobs.set_due_limits()

    today, tomorrow = limit_log.lines()
    assert today.pop("seconds") >= 0
    assert today.pop("at").startswith("2026-03-02T12:00:00")
    assert today == {
        "level": "INFO",
        "logger": "apps.limits",
        "message": "2026-03-02 set",
        "request_id": None,
        "exc_info": None,
        "date": "2026-03-02",
        "people": 2,
        "rows_set": 1,
    }
    assert (tomorrow["date"], tomorrow["people"], tomorrow["rows_set"]) == ("2026-03-03", 2, 2)
    assert errors.text() == ""


def test_the_limit_job_writes_a_line_for_each_chunk_of_many_people(
    monkeypatch: pytest.MonkeyPatch, limit_log: Log, db: None
) -> None:
    monkeypatch.setattr(limits, "PEOPLE_PER_CHUNK", 2)
    for job in (jobs.set_chunk, jobs.finish_date):
        monkeypatch.setattr(job, "delay", job)
    people = [make_person(f"person {number}") for number in range(5)]

    jobs.set_daily_limits("2026-03-02")

    lines = limit_log.lines()
    ids = [(people[first].pk, people[last].pk) for first, last in ((0, 1), (2, 3), (4, 4))]
    assert [(line["message"], line.get("people"), line.get("rows_set")) for line in lines] == [
        *(("2026-03-02 set a chunk", f"{first}-{last}", len({first, last})) for first, last in ids),
        ("2026-03-02 checked", 5, 0),
        ("2026-03-02 shared out", None, None),
    ]
    assert lines[-1]["chunks"] == 3
    assert all(line["date"] == "2026-03-02" and line["seconds"] >= 0 for line in lines)
