"""Every call gets 150 requests that the OpenAPI document allows or forbids.

Schemathesis makes the requests from the document and checks every answer against it: no internal error, no status,
header or body that the document doesn't name, nothing accepted that it forbids, nothing refused that it allows.

`TOGO_EXAMPLES` sets the number of requests. `TOGO_EXAMPLES_LOG` names a file that gets a line for each call, with the
number of answers of each kind of status; docs/hostile-input.md has the numbers of a long run.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from rest_framework_simplejwt.tokens import RefreshToken
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection

from apps.models import Series, Task, User
from apps.services import assignments, calendar, limit_rules, series
from tests.conftest import TODAY, make_person, token_of
from tests.hostile import hostile

pytestmark = [pytest.mark.fuzz, pytest.mark.no_db]

PASSWORD = "of my own choice"

api = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
api.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def answered(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How often a call was answered with each kind of status."""
    counter: Counter[str] = Counter()
    yield counter
    if log := os.environ.get("TOGO_EXAMPLES_LOG"):
        with Path(log).open("a") as file:
            file.write(f"{request.node.name}\t{dict(sorted(counter.items()))}\n")


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep each request in the test's transaction, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def boss(db: None, settings: Any) -> User:
    """An admin, with a few rows whose ids are 1 to 3."""
    settings.TOGO_SERIES_DAYS = 5  # Each request about a series assigns so many days.
    boss = make_person("boss", pk=1, is_admin=True)
    boss.set_password(PASSWORD)
    boss.save()
    for number in (2, 3):
        make_person(f"person{number}", pk=number, is_admin=number == 3)
        Task.objects.create(pk=number, name=f"task {number}")
    assignments.assign(actor=boss, task_id=2, user_id=2, date=TODAY)
    limit_rules.create_rule(actor=boss, user_id=2, maximum=3, reason="Part time")
    series.create_series(
        actor=boss, task_id=3, user_ids=[2, 3], rrule="FREQ=WEEKLY;COUNT=9", date_from=TODAY, on_full="skip"
    )
    return boss


@api.parametrize()
@hostile(examples=150)
def test_every_call_answers_as_the_document_says(case: schemathesis.Case, boss: User, answered: Counter[str]) -> None:
    def count(_: Any, response: Any, case: schemathesis.Case) -> None:
        answered[f"{response.status_code // 100}xx"] += 1

    wrong = {place for place, part in case.meta.components.items() if part.mode == GenerationMode.NEGATIVE}
    # If a header is to be wrong, keep the wrong token.
    headers = {} if ParameterLocation.HEADER in wrong else {"Authorization": f"Bearer {token_of(boss)}"}
    with transaction.atomic():
        if not wrong and case.meta.generation.mode == GenerationMode.POSITIVE:
            make_realistic(case, boss)
        excluded = list(UNCHECKED.get(case.operation.label, []))
        if headers and answered["2xx"]:
            # It has been asked twice whether this call works without a token; tests/access asks that of each person.
            excluded.append(ignored_auth)
        case.call_and_validate(headers=headers, additional_checks=[count], excluded_checks=excluded)
        transaction.set_rollback(True)


# --- gaps of the document ---------------------------------------------------------------------------------------

# Not checked: that a bad request is refused. A bulk reports a bad item among its results.
UNCHECKED = {"POST /api/users/assignment/bulk/": [negative_data_rejection]}


def make_realistic(case: schemathesis.Case, boss: User) -> None:
    """Adapt an allowed request to the rows in the database: existing ids, dates that can be planned and are in order,
    no cursor, valid tokens, the right password."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            _make_values_realistic(part)
    query, body = case.query, case.body
    for asked in (query, body):
        if (
            isinstance(asked, dict)
            and isinstance(asked.get("date_from"), str)
            and isinstance(asked.get("date_to"), str)
        ):
            asked["date_from"], asked["date_to"] = sorted([asked["date_from"], asked["date_to"]])  # type: ignore[type-var]  # they are texts
    if case.operation.label == "POST /api/users/distribution/" and isinstance(body, dict):
        # Sums of counts, and dates of items within those of the plan, can't be said in a schema.
        body["date_to"] = body["date_from"]
        body["items"] = [{"task": 2, "count": 1 + number % 3} for number in range(min(len(body["items"]), 20))]
    if "distribution/{id}" in case.operation.label and isinstance(body, dict):
        body.pop("without", None)
    if "users/series" in case.operation.label:
        _make_series_realistic(case)
    if "cursor" in query:
        del query["cursor"]
    if case.operation.label == "GET /api/users/availability/":
        for name in ("user", "date_from", "days") if "date" in query else ("page_size",):
            query.pop(name, None)
    if "calendar/{token}" in case.operation.label:
        case.path_parameters["token"] = calendar.token_of(actor=boss)
    if "me/notification" in case.operation.label and isinstance(body, dict):
        # An address that Django takes; nothing is told in a digest that there isn't.
        body.pop("events", None)
        body.update({"email": None} if "email" in body else {})
    if isinstance(body, dict):
        right: dict[str, Any] = {"password": PASSWORD, "old_password": PASSWORD, "new_password": "of another choice"}
        right["file"] = "task,user,date,effort\r\n2,3,2026-03-04,1\r\n"
        right |= {f"{name}_column": name for name in ("task", "user", "date", "effort")}
        # An address: the names of hosts can't be looked up on every machine. Nothing is sent there.
        right["url"] = "https://93.184.215.14/togo"
        right["refresh"] = str(RefreshToken.for_user(boss))
        body.update({name: value for name, value in right.items() if name in body})


def _make_series_realistic(case: schemathesis.Case) -> None:
    """The series that exists; a rule, and one way to name people: a schema can't say what a rule is, nor that a body
    needs one of two fields."""
    if "{id}" in case.operation.label:
        case.path_parameters["id"] = Series.objects.get().pk
    if isinstance(body := case.body, dict):
        body.pop("date_to", None)
        body.update({"rrule": "FREQ=DAILY;INTERVAL=2"} if "rrule" in body else {})
        if "users" in body:
            body["users"] = [2, 3]
            body.pop("user", None)
        elif case.method == "POST":
            body["user"] = 2


def _make_values_realistic(values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = [_realistic(name, one) for one in value]
            for one in value:
                if isinstance(one, dict):
                    _make_values_realistic(one)
        elif isinstance(value, dict):
            _make_values_realistic(value)
        else:
            values[name] = _realistic(name, value)


def _realistic(name: str, value: Any) -> Any:
    """The same kind of value, adapted to the rows in the database."""
    if isinstance(value, float):
        value = int(value)  # JSON Schema accepts 1.0 as an integer.
    if name in ("id", "user", "task") and isinstance(value, int) and not isinstance(value, bool):
        return value % 4 or value
    if name in ("date", "date_from", "date_to", "from") and isinstance(value, str):
        digits = int(re.sub(r"\D", "", value) or "0")
        return (TODAY + timedelta(days=digits % 80)).isoformat()
    if name == "expires_at" and isinstance(value, str):
        return f"{TODAY + timedelta(days=1)}T12:00:00Z"
    return value
