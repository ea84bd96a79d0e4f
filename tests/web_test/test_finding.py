"""Finding people, tasks, weeks and pages from every page."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Task, User
from tests.conftest import make_person

# Each database compares and sorts texts in its own way.
pytestmark = pytest.mark.every_database


def found(response: Any) -> list[tuple[str, str, str]]:
    """The kind, the name and the address of each thing that is found."""
    pattern = r'<li><a href="([^"]*)"><bdi>([^<]*)</bdi> <span class="quiet small">([^<]*)</span>'
    return [(kind, name, address) for address, name, kind in re.findall(pattern, response.content.decode())]


def test_a_taskmaster_finds_people_tasks_weeks_and_pages(taskmaster: User, cooking: Task, client: Client) -> None:
    make_person("coo", first_name="Minh", last_name="Cook")
    Task.objects.create(name="cooked ham", is_active=False)
    client.force_login(taskmaster)

    assert found(client.get("/find/?q=cook")) == [
        ("person", "Minh Cook", "/board/?q=coo"),
        ("task", "cooking", f"/tasks/{cooking.pk}/"),
    ]
    assert found(client.get("/find/?q=board")) == [("page", "Board", "/board/")]
    assert found(client.get("/find/?q=week 11"))[0] == ("week", "Week 11, from 9 March 2026", "/board/?week=2026-W11")
    assert found(client.get("/find/?q=2026-w08"))[0][2] == "/board/?week=2026-W08"
    assert "Nothing is found." in client.get("/find/?q=zebra").content.decode()
    assert client.get(f"/find/?q={'x' * 151}").status_code == 400


def test_others_find_only_their_pages(alice: User, cooking: Task, client: Client) -> None:
    client.force_login(alice)

    assert found(client.get("/find/?q=cook")) == []
    assert found(client.get("/find/")) == [("page", "My day", "/today/")]
    client.logout()
    assert client.get("/find/")["Location"] == "/sign-in/?next=/find/"
