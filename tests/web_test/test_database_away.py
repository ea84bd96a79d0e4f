"""While the database is away, pages say so and ask the reader to try again."""

from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from apps.models import User

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]


def lose_connection(*_: Any, **__: Any) -> None:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("path", ["/board/", "/today/", "/insights/", "/import/", "/admin/", "/admin/togo/user/"])
def test_a_page_answers_503_and_says_what_to_do(admin: User, path: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(admin)

    with patch.object(BaseDatabaseWrapper, "cursor", lose_connection):
        answer = client.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert answer["Retry-After"] == "5"
    assert "Try again in a moment" in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_form_that_can_not_be_written_says_so_too(admin: User) -> None:
    client = Client(raise_request_exception=False)

    with patch.object(BaseDatabaseWrapper, "cursor", lose_connection):
        answer = client.post("/sign-in/", {"username": "admin", "password": "x"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
