"""`/api/version/`, and the header `ToGo-Version`."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import User
from apps.services import limits
from lab.processes import ROOT
from tests.api_test.test_problems import assert_problem

pytestmark = pytest.mark.no_db

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_anyone_reads_the_version_without_a_query(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = APIClient().get("/api/version/")

    assert (response.status_code, response.json()) == (200, {"version": VERSION, "api": 1})
    assert len(queries) == 0


def test_the_version_takes_no_parameters_and_no_other_method(db: None) -> None:
    assert_problem(APIClient().get("/api/version/?v=1"), 400, "invalid_request")
    assert_problem(APIClient().post("/api/version/"), 405, "method_not_allowed")


def test_every_answer_of_the_api_names_the_version(
    alice: User, signed_in: Callable[[User], APIClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = signed_in(alice)
    caller.raise_request_exception = False
    answers: list[tuple[Any, int]] = [
        (caller.get("/api/users/me/"), 200),
        (caller.post("/api/users/assignment/", {}, format="json"), 400),
        (APIClient().get("/api/users/me/"), 401),
        (caller.get("/api/nothing/"), 404),
        (caller.get("/api/version/", HTTP_HOST="evil.example.org"), 400),
        (caller.get("/api/schema/"), 200),
        (caller.get("/health/live/"), 200),
    ]
    monkeypatch.setattr(limits, "today_of", lambda _: 1 / 0)
    answers.append((caller.get("/api/users/me/"), 500))

    assert [(answer.status_code, answer["ToGo-Version"]) for answer, _ in answers] == [
        (status, VERSION) for _, status in answers
    ]


def test_pages_do_not_name_the_version(db: None) -> None:
    for path in ("/sign-in/", "/errors/", "/nothing/"):
        assert "ToGo-Version" not in Client().get(path)


def test_the_document_has_the_version_and_the_header() -> None:
    document = APIClient().get("/api/schema/", headers={"accept": "application/json"}).json()

    assert document["info"]["version"] == VERSION
    answers = document["paths"]["/api/version/"]["get"]["responses"]
    assert all("ToGo-Version" in answer["headers"] for answer in answers.values())
