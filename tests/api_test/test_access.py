"""Every caller gets the answer in their cell of the table in tests/access/table/."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.access.document import PATH, text
from tests.access.rows import ADMIN, ALL, ANONYMOUS, ANY, COLUMNS, NONE, SIGN_IN, Row
from tests.access.table import ROWS
from tests.access.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
pytestmark = [pytest.mark.no_db, pytest.mark.django_db]
BY_PATH = {row.path: row for row in reversed(ROWS)}


def name_of(row: Row) -> str:
    return f"{row.method} {row.path} {row.case}".strip()


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_everyone_is_answered_as_the_table_says(row: Row, world: World) -> None:
    asked = {column: answer for column, answer in row.answers.items() if answer != NONE}

    for method in METHODS if row.method == ANY else (row.method,):
        assert {column: world.ask(row, column, method=method) for column in asked} == asked


# --- nothing is forgotten ---------------------------------------------------------------------------------------


def routes() -> Iterator[str]:
    """The paths of all routes, spelled as in the table."""

    def below(patterns: list[URLPattern | URLResolver], path: str) -> Iterator[str]:
        for one in patterns:
            route = path + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from below(one.url_patterns, route)
            else:
                yield route

    for route in below(get_resolver().url_patterns, "/"):
        # The admin's two regular expressions: the pages of an app, and all other paths.
        plain = re.sub(r"\^\(\?P<app_label>(\w+)\)/\$$", r"\1/", route).replace("(?P<url>.*)$", "{url}")
        yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", plain)


@pytest.mark.parametrize("path", sorted(set(routes())))
def test_no_call_is_missing_from_the_table(path: str, world: World) -> None:
    assert path in BY_PATH, "add the new route to tests/access/table/"
    known = {row.method for row in ROWS if row.path == path}
    missing = [method for method in METHODS if not known & {method, ANY}]
    if path.startswith("/admin/"):
        # Django's admin treats an unknown method as GET; only POST changes anything.
        assert not known - {ANY} or {"GET", "POST"} <= known
        return

    for method in missing:
        assert world.ask(BY_PATH[path], ADMIN, method=method).startswith("405"), method


def test_the_table_has_only_existing_routes_and_each_row_once() -> None:
    assert {row.path for row in ROWS} == set(routes())
    names = [name_of(row) + str(row.own) for row in ROWS]
    assert sorted(names) == sorted(set(names))
    assert all(tuple(row.answers) == COLUMNS for row in ROWS)


def test_the_document_matches_the_table() -> None:
    assert PATH.read_text() == text(), "run: python -m tests.access"


# --- wrong credentials ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in ROWS if row.answers[ANONYMOUS][:3] == "401"], ids=name_of)
def test_a_session_of_the_pages_does_not_open_the_api(row: Row, world: World) -> None:
    if row.path.startswith("/api/") and not row.path.startswith("/api/users/token/"):
        assert world.ask(row, ADMIN, session=True) == row.answers[ANONYMOUS]


@pytest.mark.parametrize("row", [row for row in ROWS if row.answers[ANONYMOUS] == SIGN_IN], ids=name_of)
def test_a_token_or_key_opens_no_page(row: Row, world: World) -> None:
    if row.method != ANY:
        assert world.ask(row, ADMIN, session=False) == SIGN_IN
        assert world.ask(row, ALL, session=False) == SIGN_IN


# Mail programs post to the link of a message without having its page: RFC 8058.
WITHOUT_CSRF = {"/messages/stop/{token}/"}
FORMS = [row for row in ROWS if row.method == "POST" and not row.path.startswith("/api/")]


@pytest.mark.parametrize("row", [row for row in FORMS if row.path not in WITHOUT_CSRF], ids=name_of)
def test_a_form_without_its_csrf_token_is_refused(row: Row, world: World) -> None:
    assert world.ask(row, ADMIN, csrf=True) == "403"
