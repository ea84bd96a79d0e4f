"""ToGo's sessions have the settings that it relies on, however the database is configured."""

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction

from apps.models import Event, Task, User, database_sessions
from apps.models.prepared_statements import first_row
from apps.services import assignments
from lab.processes import PATIENCE, wait_until
from tests.conftest import TODAY

# Settings that an administrator may have made for a whole database.
ODD = {
    "postgresql": {
        "datestyle": "German, DMY",
        "intervalstyle": "sql_standard",
        "timezone": "Asia/Tokyo",
        "standard_conforming_strings": "off",
        "client_encoding": "LATIN1",
    },
    "mysql": {"sql_mode": "ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "time_zone": "+09:00", "character_set_client": "latin1"},
}


@pytest.fixture
def odd_database(transactional_db: None) -> Iterator[None]:
    """A database whose new sessions begin with odd settings."""
    settings = ODD.get(connection.vendor)
    if not settings:
        pytest.skip("SQLite has no such settings")
    if connection.vendor == "mysql":
        # Only new sessions get these settings; `connection` is opened again below.
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(f'@@GLOBAL.{name}' for name in settings)}")
            before = dict(zip(settings, cursor.fetchone(), strict=True))
        change, undo = settings, before
        statement = "SET GLOBAL {name} = %s"
    else:
        name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
        change, undo = settings, dict.fromkeys(settings)
        statement = f"ALTER DATABASE {name} SET {{name}} TO %s"
    _set(statement, change)
    connection.close()
    yield
    if connection.vendor == "mysql":
        _set(statement, undo)
    else:
        _set(statement.replace("SET {name} TO %s", "RESET {name}"), undo)
    connection.close()


def _set(statement: str, settings: dict[str, str | None]) -> None:
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(statement.format(name=name), [value] if "%s" in statement else None)


def test_values_do_not_depend_on_the_settings_of_the_database(
    odd_database: None, taskmaster: User, alice: User
) -> None:
    task = Task.objects.create(name="k\u00f6rper \\' \u65e5\u672c")

    created = assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=TODAY)

    event = Event.objects.get(kind="assigned")
    assert (event.at, event.date) == (datetime(2026, 3, 2, 12, tzinfo=UTC), TODAY)
    assert created.date == TODAY
    assert Task.objects.get(pk=task.pk).name == "k\u00f6rper \\' \u65e5\u672c"


@pytest.fixture
def one_second(transactional_db: None) -> Iterator[None]:
    """A connection that waits at most a second for an answer, as those of the web server wait 15."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite is no server")
    before = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"]}}
    connection.close()
    database_sessions.bound_answers(1)
    yield
    connection.settings_dict.clear()
    connection.settings_dict.update(before)
    connection.close()


@pytest.mark.parametrize("how", ["a cursor", "a prepared statement"])
def test_a_request_does_not_wait_longer_for_the_database_than_it_may(one_second: None, how: str) -> None:
    sleep = "SELECT pg_sleep(3)" if connection.vendor == "postgresql" else "SELECT sleep(3)"
    began = time.monotonic()
    with pytest.raises(OperationalError):
        _run(how, sleep)
    assert time.monotonic() - began < 2.5

    # The next request gets another connection.
    connection.close_if_unusable_or_obsolete()
    assert Task.objects.count() == 0


@pytest.mark.parametrize("how", ["a cursor", "a prepared statement"])
def test_a_commit_that_no_standby_has_is_not_acknowledged(transactional_db: None, how: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone acknowledges a commit that was cancelled")
    other = connection.copy()
    with connection.cursor() as cursor, other.cursor() as another:
        cursor.execute("SELECT set_config('synchronous_commit', 'on', false), pg_backend_pid()")
        pid = cursor.fetchone()[1]
        try:
            another.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            another.execute("SELECT pg_reload_conf()")
            cancelling = threading.Thread(target=_cancel_once_it_waits, args=[pid])
            cancelling.start()
            # The server has committed it, and says so.
            with pytest.raises(OperationalError, match="standby"):
                _commit_until_one_waits(how)
            cancelling.join()
        finally:
            another.execute("ALTER SYSTEM RESET synchronous_standby_names")
            another.execute("SELECT pg_reload_conf()")
    other.close()
    connection.close()


def _commit_until_one_waits(how: str) -> None:
    """Commit one day after the other: nothing tells when the server's checkpointer has read the new setting."""
    deadline = time.monotonic() + PATIENCE
    day = date(2026, 3, 2)
    while time.monotonic() < deadline:
        _run(how, "INSERT INTO togo_limitday (date, requested_at) VALUES (%(day)s, now()) RETURNING date", day=day)
        day += timedelta(days=1)


def _run(how: str, statement: str, **values: object) -> None:
    if how == "a prepared statement":
        first_row(statement, values)
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _cancel_once_it_waits(pid: int) -> None:
    own = connection.copy()
    with own.cursor() as cursor:

        def waits() -> bool:
            cursor.execute("SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = %s", [pid])
            return bool(cursor.fetchone()[0])

        wait_until(waits, what="a commit that waits for its standby")
        cursor.execute("SELECT pg_cancel_backend(%s)", [pid])
    own.close()


def test_a_statement_is_prepared_anew_after_a_transaction_was_rolled_back(transactional_db: None) -> None:
    # psycopg then discards all statements of the session, also those that it didn't prepare itself.
    assert first_row("SELECT %(number)s", {"number": 1}) == (1,)
    with contextlib.suppress(Refused), transaction.atomic():
        assert first_row("SELECT %(number)s", {"number": 2}) == (2,)
        raise Refused

    assert first_row("SELECT %(number)s", {"number": 3}) == (3,)


class Refused(Exception):
    """Rolls a transaction back."""
