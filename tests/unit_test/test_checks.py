"""The checks of `manage.py check`."""

import sqlite3
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection, connections

from apps.exceptions.tokens import InvalidCredentials
from apps.models import User
from apps.services import tokens, users


def found(check: str, **options: Any) -> list[str | None]:
    """The ids of this check's messages."""
    return [message.id for message in run_checks(tags=[check], include_deployment_checks=True, **options)]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 6, 23), []),
        ((3, 7, 0), ["togo.W001"]),
        ((3, 40, 1), ["togo.W001"]),
        ((3, 51, 2), ["togo.W001"]),
        ((3, 51, 3), []),
        ((4, 0, 0), []),
    ],
)
def test_warns_of_a_sqlite_that_can_corrupt_its_database(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], expected: list[str]
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    assert found("sqlite") == expected

    monkeypatch.setattr(connections["default"], "vendor", "postgresql")
    assert found("sqlite") == []


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["a", "b"])
def test_reports_a_demonstration_that_others_can_sign_in_to(username: str) -> None:
    assert found("demo", databases=["default"]) == []

    users.create_user(actor=None, username=username, password="1")

    assert found("demo", databases=["default"]) == ["togo.E001"]
    # The check reads the database only if it is named.
    assert found("demo") == []
    with pytest.raises(SystemCheckError, match="everyone knows them"):
        call_command("check", "--deploy", "--database", "default", "--tag", "demo")

    person = User.objects.get()
    users.set_password(actor=User(is_admin=True), user_id=person.pk, password="of my own choice")
    assert found("demo", databases=["default"]) == []


@pytest.mark.django_db
def test_a_database_that_is_not_migrated_yet_has_no_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", list)
    with connection.execute_wrapper(_fail):
        assert found("demo", databases=["default"]) == []


@pytest.mark.django_db
def test_an_error_of_the_database_is_raised() -> None:
    def fail_on_people(execute: Any, sql: str, *rest: Any) -> Any:
        return _fail() if "togo_user" in sql else execute(sql, *rest)

    with connection.execute_wrapper(fail_on_people), pytest.raises(OperationalError):
        found("demo", databases=["default"])


def _fail(*_: Any) -> Any:
    raise OperationalError("it fails")


@pytest.mark.skipif(connection.vendor != "mysql", reason="other databases compare names as ToGo does")
@pytest.mark.django_db(transaction=True)
def test_warns_of_a_mariadb_that_confuses_the_names_of_two_people() -> None:
    assert found("names", databases=["default"]) == []

    column = "MODIFY username varchar(150) CHARACTER SET utf8mb4 COLLATE {} NOT NULL"
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE togo_user {column.format('utf8mb4_general_ci')}")
        assert found("names", databases=["default"]) == ["togo.W002"]
        assert found("names") == []
        # Until the column is altered, a spelling with password tries of its own signs in nobody.
        users.create_user(actor=None, username="bob", password="of my own choice")
        assert User.objects.filter(username="BOB").exists()
        with pytest.raises(InvalidCredentials):
            tokens.authenticated(username="BOB", password="of my own choice", address="192.0.2.1")
        assert tokens.authenticated(username="bob", password="of my own choice", address="192.0.2.1")
    finally:
        with connection.cursor() as cursor:
            # The statement of the check's hint.
            cursor.execute(f"ALTER TABLE togo_user {column.format('utf8mb4_bin')}")
    assert found("names", databases=["default"]) == []


def test_the_settings_of_the_tests_pass_all_checks() -> None:
    assert [message.id for message in run_checks()] == []
