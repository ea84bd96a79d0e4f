"""Callers who write and operators are told that the disk is full. Reading still works."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from apps.models import Assignment, DailyLimit, Task, User
from apps.views import health
from tests.clock import freeze_time
from tests.conftest import TODAY

pytestmark = pytest.mark.django_db(transaction=True)

FULL = "The database's disk is full: nothing can be written until there is room."
# The servers' own errors when they can't write a row.
TRIGGERS = {
    "postgresql": [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE SQLSTATE '53100' USING MESSAGE = 'could not extend file'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON togo_assignment FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ],
    "mysql": [
        "CREATE TRIGGER full_disk BEFORE INSERT ON togo_assignment FOR EACH ROW "
        "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full'"
    ],
}
UNDO = {
    "postgresql": ["DROP TRIGGER full_disk ON togo_assignment", "DROP FUNCTION full_disk"],
    "mysql": ["DROP TRIGGER full_disk"],
}


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def full_disk(cooking: Task) -> Iterator[None]:
    """A database without room for another assignment: a full file on SQLite, the server's own error elsewhere."""
    if connection.vendor == "sqlite":
        _execute("PRAGMA max_page_count = 1")  # The limit never goes below the pages that exist.
        # Fill the free space in these pages.
        with pytest.raises(OperationalError, match="full"):  # noqa: PT012
            for number in range(2000):
                Task.objects.create(name=f"{number} {'x' * 200}")
    else:
        _execute(*TRIGGERS[connection.vendor])
    yield
    if connection.vendor == "sqlite":
        _execute("PRAGMA max_page_count = 1000000000")
    else:
        _execute(*UNDO[connection.vendor])
    (django_settings.TOGO_HOME / "disk_full").unlink(missing_ok=True)


def assign_until_refused(client: APIClient, task: Task, person: User) -> tuple[int, Any]:
    """Assign day after day. Return the number of acknowledged assignments and the first other answer."""
    for number in range(366):
        body = {"task": task.pk, "user": person.pk, "date": (TODAY + timedelta(days=number)).isoformat()}
        answer = client.post("/api/users/assignment/", body, format="json")
        if answer.status_code != 201:
            return number, answer
    raise AssertionError("the disk isn't full")


def test_a_full_disk_is_named_and_leaves_nothing_half_done(
    full_disk: None, cooking: Task, taskmaster: User, signed_in: Callable[[User], APIClient]
) -> None:
    client = signed_in(taskmaster)

    acknowledged, refused = assign_until_refused(client, cooking, taskmaster)

    assert (refused.status_code, refused.json()["code"]) == (503, "try_again")
    assert refused.json()["detail"] == FULL
    assert Assignment.objects.count() == acknowledged
    assert sum(DailyLimit.objects.values_list("taken", flat=True)) == acknowledged
    assert client.get("/api/users/me/").status_code == 200


def test_operators_are_told_of_a_full_disk_until_no_write_has_failed_for_two_minutes(
    full_disk: None, cooking: Task, taskmaster: User, signed_in: Callable[[User], APIClient], client: APIClient
) -> None:
    assign_until_refused(signed_in(taskmaster), cooking, taskmaster)

    answer = client.get("/health/ready/")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert FULL in answer.json()["reasons"]
    health._remembered.forget()
    with freeze_time("2026-03-02T12:02:01Z"):
        assert FULL not in client.get("/health/ready/").json()["reasons"]
