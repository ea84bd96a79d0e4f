"""The OpenAPI document and the documentation pages."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from rest_framework.test import APIClient

from apps.exceptions.base import ToGoError
from apps.models import Task, User
from lab.processes import ROOT

pytestmark = pytest.mark.no_db

# The document itself, its pages, and the routes that answer unknown paths.
UNDOCUMENTED = {"/api/schema/", "/api/docs/", "/api/redocs/", "/api/redocs/redoc.js", "/api/", "/api/{rest}"}

# Need no token: the calendar's link is the secret, and anyone may know the version.
OPEN = {"/api/users/calendar/{token}.ics", "/api/version/"}


@pytest.fixture(scope="module")
def document() -> Any:
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    return yaml.load(response.content, yaml.CSafeLoader)


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def codes(kind: type[ToGoError] = ToGoError) -> set[str]:
    return {kind.code} if kind is not ToGoError else set().union(*(codes(error) for error in kind.__subclasses__()))


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_below_api_is_in_the_document(document: Any) -> None:
    below_api = {path for path in routes(get_resolver().url_patterns) if path.startswith("/api/")}

    assert len(below_api - UNDOCUMENTED) >= 7
    assert below_api - UNDOCUMENTED == {path for path in document["paths"] if path.startswith("/api/")}


def test_the_file_in_the_repository_is_the_document(document: Any) -> None:
    """After a change: python manage.py spectacular --file docs/openapi.yaml"""
    assert yaml.load((ROOT / "docs" / "openapi.yaml").read_text(), yaml.CSafeLoader) == document


def test_the_calls_are_in_groups_in_a_readable_order(document: Any) -> None:
    groups = [tag["name"] for tag in document["tags"]]
    used = {tag for _, _, operation in operations_of(document) for tag in operation["tags"]}

    assert groups[:2] == ["Tokens", "Assignments"]
    assert used == set(groups)
    assert all(tag["description"] for tag in document["tags"])


def operations_of(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, verb, operation) for path, verbs in document["paths"].items() for verb, operation in verbs.items()]


def test_every_request_and_response_has_a_valid_example(document: Any) -> None:
    shown = 0
    for path, verb, operation in operations_of(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation["responses"].values()]:
            for media_type, content in body.get("content", {}).items():
                if media_type in ("text/csv", "text/calendar"):
                    continue  # A file, which the document describes in words.
                assert content.get("examples"), (path, verb, media_type)
                for example in content["examples"].values():
                    # The references are looked up in the schema itself.
                    schema = {**content["schema"], "components": document["components"]}
                    Draft202012Validator(schema, format_checker=FormatChecker()).validate(example["value"])
                    shown += 1
    assert shown > 250


def test_calls_that_create_take_a_key(document: Any) -> None:
    keyed = {
        (path, verb)
        for path, verb, operation in operations_of(document)
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", []))
    }

    assert keyed == {
        ("/api/tasks/", "post"),
        ("/api/users/", "post"),
        ("/api/users/assignment/", "post"),
        ("/api/users/assignment/bulk/", "post"),
        ("/api/users/assignment/earliest/", "post"),
        ("/api/users/assignment/import/", "post"),
        ("/api/users/assignment/{id}/return/", "post"),
        ("/api/users/distribution/{id}/apply/", "post"),
        ("/api/users/limit-rule/", "post"),
        ("/api/users/returned/{id}/place/", "post"),
        ("/api/users/series/", "post"),
        ("/api/webhook/{id}/test/", "post"),
    }


def test_every_operation_describes_itself_and_its_refusals(document: Any) -> None:
    operations = [
        (path, verb, operation) for path, verbs in document["paths"].items() for verb, operation in verbs.items()
    ]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
    for path, verb, operation in operations:
        assert operation["summary"], (path, verb)
        assert operation["description"], (path, verb)
        refused = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
        for status, answer in refused.items():
            if (path, status) != ("/health/ready/", "503"):
                assert list(answer["content"]) == ["application/problem+json"], (path, verb, status)
        needs_token = path.startswith("/api/") and not path.startswith("/api/users/token/") and path not in OPEN
        assert operation.get("security", []) == ([{"token": []}] if needs_token else []), (path, verb)
        assert ("401" in refused) is (needs_token or path.startswith("/api/users/token/")), (path, verb)


def test_answers_match_the_document(
    document: Any, taskmaster: User, cooking: Task, signed_in: Callable[[User], APIClient]
) -> None:
    body = {"task": cooking.pk, "user": taskmaster.pk, "date": "2026-03-02"}
    caller = signed_in(taskmaster)
    made = caller.post("/api/users/assignment/", body, format="json")
    refused = caller.post("/api/users/assignment/", body, format="json")
    rule = caller.post("/api/users/limit-rule/", {"maximum": 3}, format="json")
    day = f"/api/users/limit/{taskmaster.pk}/2026-03-02/"
    for path, verb, response in (
        ("/api/users/assignment/", "post", made),
        ("/api/users/assignment/", "post", refused),
        ("/api/users/assignment/", "get", caller.get("/api/users/assignment/")),
        ("/api/users/limit/", "get", caller.get("/api/users/limit/")),
        ("/api/users/limit/{user}/{date}/", "put", caller.put(day, {"maximum": 3}, format="json")),
        ("/api/users/limit-rule/", "post", rule),
        ("/api/users/limit-rule/", "get", caller.get("/api/users/limit-rule/")),
        ("/api/users/availability/", "get", caller.get("/api/users/availability/")),
        ("/api/users/availability/", "get", caller.get("/api/users/availability/?date=2026-03-02")),
        ("/api/users/event/", "get", caller.get("/api/users/event/")),
        ("/api/users/me/", "get", caller.get("/api/users/me/")),
        ("/health/live/", "get", caller.get("/health/live/")),
    ):
        content = document["paths"][path][verb]["responses"][str(response.status_code)]["content"]
        schema = content[response["Content-Type"]]["schema"]
        assert_fits(document, schema, response.json(), problem=response.status_code >= 400)


def assert_fits(document: Any, schema: Any, value: Any, *, problem: bool = False) -> None:
    """The value has the members that the schema names, all the way down; a problem may have more."""
    for link in [schema, *schema.get("allOf", [])]:
        if "$ref" in link:
            schema = document["components"]["schemas"][link["$ref"].rsplit("/", 1)[1]]
    if "oneOf" in schema and isinstance(value, dict):
        kinds = [document["components"]["schemas"][kind["$ref"].rsplit("/", 1)[1]] for kind in schema["oneOf"]]
        (schema,) = [kind for kind in kinds if set(kind["properties"]) == set(value)]
    if isinstance(value, dict) and "additionalProperties" not in schema:
        known = schema["properties"]
        assert set(schema.get("required", [])) <= set(value)
        assert problem or set(value) == set(known)
        for name in set(value) & set(known):
            assert_fits(document, known[name], value[name])
    elif isinstance(value, list):
        for item in value:
            assert_fits(document, schema["items"], item)


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redocs/", "/errors/"])
def test_a_page_loads_nothing_from_another_host(path: str) -> None:
    client = Client()
    page = client.get(path)

    assert (page.status_code, page["Content-Type"].split(";")[0]) == (200, "text/html")
    text = page.content.decode()
    loaded = re.findall(r"""<(?:script|link|img|iframe|redoc)\b[^>]*?\s(?:src|href|spec-url)=["']([^"']*)["']""", text)
    assert loaded
    for address in loaded:
        assert re.match(r"/(?!/)|\?|data:", address), address
        if address.startswith("/static/"):
            assert client.get(address).status_code == 200, address
    assert not re.search(r"""@import|url\(["']?(?:https?:)?//""", text)


def test_the_type_of_every_problem_leads_to_its_explanation() -> None:
    page = Client().get("/errors/").content.decode()

    anchors = set(re.findall(r'<h\d id="([^"]+)"', page))
    assert "daily_limit_reached" in codes()
    assert codes() <= anchors
