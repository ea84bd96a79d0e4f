"""Every call of the API refuses fields that it doesn't take, and pages ignore them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from lab.processes import ROOT
from tests.access.rows import ADMIN, ANY, Row
from tests.access.table import ROWS
from tests.access.world import World, rows_now

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]
# Fields of the object itself, of the caller and of other objects, and an unknown one.
EXTRA = {"id": 1, "taskmaster": 1, "created_at": "2026-01-01T00:00:00Z", "is_superuser": True, "taken": 0, "unknown": 1}
# These and the fields that forms and Django's admin might know.
HIDDEN = {
    **EXTRA,
    "pk": 1,
    "taskmaster_id": 1,
    "done_at": "2026-01-01",
    "is_staff": "on",
    "last_login_0": "2026-01-01",
    "wanted": 1000,
    "source_kind": "hand",
    "rules_version": 9,
    "applied_at_0": "2026-01-01",
    "uploader": 1,
}


def writes() -> Iterator[str]:
    """Every call of the OpenAPI document that sends a body."""
    paths: dict[str, Any] = yaml.load((ROOT / "docs" / "openapi.yaml").read_text(), yaml.CSafeLoader)["paths"]
    for path, calls in paths.items():
        yield from (f"{method.upper()} {path}" for method in calls if method in ("post", "put", "patch"))


def accepted(row: Row) -> bool:
    return row.method not in ("GET", "DELETE", ANY) and row.answers[ADMIN][0] in "23"


# One accepted call for each method and path.
GOOD = {f"{row.method} {row.path}": row for row in reversed(ROWS) if row.path.startswith("/api/") and accepted(row)}
FORMS = [row for row in ROWS if not row.path.startswith("/api/") and accepted(row)]


@pytest.mark.parametrize("call", list(writes()))
def test_a_call_refuses_each_unknown_field_and_writes_nothing(call: str, world: World) -> None:
    row = GOOD[call]
    assert world.ask(row, ADMIN) == row.answers[ADMIN]

    for name, value in EXTRA.items():
        more = replace(row, sends={**(row.sends or {}), name: value})
        with world.asked(more, ADMIN) as response:
            problem = json.loads(response.content)
            assert (response.status_code, problem["code"]) == (400, "invalid_request"), name
            assert [(error["field"], error["code"]) for error in problem["errors"]] == [(name, "unknown")]
            assert rows_now() == world.rows


@pytest.mark.parametrize("name", EXTRA)
def test_a_bulk_refuses_unknown_fields_of_an_item(name: str, world: World) -> None:
    row = GOOD["POST /api/users/assignment/bulk/"]
    [item] = row.sends["assignments"]
    more = replace(row, sends={"assignments": [{**item, name: EXTRA[name]}]})
    with world.asked(more, ADMIN) as response:
        [failure] = json.loads(response.content)["failures"]
        assert (response.status_code, failure["code"], failure["errors"][0]["field"]) == (409, "invalid_request", name)
        assert rows_now() == world.rows

    with world.asked(replace(more, sends={**more.sends, "mode": "each"}), ADMIN) as response:
        [result] = json.loads(response.content)["results"]
        assert (response.status_code, result["status"], result["error"]["code"]) == (207, 400, "invalid_request")
        assert rows_now() == world.rows


@pytest.mark.parametrize("row", FORMS, ids=lambda row: f"{row.method} {row.path} {row.case}".strip())
def test_a_form_ignores_unknown_fields(row: Row, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # New secrets and keys are the same in both calls.
    monkeypatch.setattr("secrets.token_bytes", bytes)
    monkeypatch.setattr("secrets.choice", min)
    with world.asked(row, ADMIN):
        without = rows_now()
    more = replace(row, sends={**(row.sends or {}), **{k: v for k, v in HIDDEN.items() if k not in (row.sends or {})}})

    with world.asked(more, ADMIN) as response:
        assert str(response.status_code) == row.answers[ADMIN][:3]
        assert rows_now() == without
