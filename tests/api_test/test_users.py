"""`/api/users/me/`"""

from collections.abc import Callable

from rest_framework.test import APIClient

from apps.models import Task, User
from apps.services import assignments, users
from tests.api_test.test_problems import nothing_written
from tests.conftest import TODAY


def test_me_answers_with_the_caller_and_todays_limit(
    admin: User, taskmaster: User, alice: User, cooking: Task, signed_in: Callable[[User], APIClient]
) -> None:
    users.update_user(actor=admin, user_id=alice.pk, first_name="Alice", last_name="Liddell")
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)

    response = signed_in(alice).get("/api/users/me/")

    assert response.status_code == 200
    assert response.json() == {
        "id": alice.pk,
        "username": "alice",
        "first_name": "Alice",
        "last_name": "Liddell",
        "is_active": True,
        "is_taskmaster": False,
        "is_admin": False,
        "limit": {
            "user": alice.pk,
            "date": "2026-03-02",
            "maximum": 5,
            "wanted": 5,
            "taken": 1,
            "remaining": 4,
            "source": {"kind": "default", "rule": None, "reason": ""},
        },
    }


def test_reading_me_sets_no_limit(admin: User, signed_in: Callable[[User], APIClient]) -> None:
    with nothing_written():
        me = signed_in(admin).get("/api/users/me/").json()

    assert (me["is_admin"], me["is_taskmaster"], me["limit"]["maximum"]) == (True, False, 5)
