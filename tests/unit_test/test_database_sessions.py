"""ToGo's sessions have the settings that it relies on, however the database is configured."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection

from apps.models import Event, Task, User
from apps.services import assignments
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
