"""Saved views of the board, favourite tasks and what is left of a plan: each person's own."""

import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client

from apps.models import FavouriteTask, SavedView, Task, User
from apps.services import assignments, distributions, limits, tasks
from apps.services.distributions import Request, Wish
from apps.services.tasks import merging
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person
from tests.web_test.test_board import links, page, text_of

__all__ = ["page"]

pytestmark = pytest.mark.no_db


def save(page: Client, name: str, **look: Any) -> Any:
    return page.post("/board/views/", {"name": name, **look})


@pytest.mark.every_database
def test_a_view_is_saved_opened_renamed_and_deleted(page: Client, taskmaster: User, cooking: Task) -> None:
    shown = save(page, " Kitchen ", week="2026-W20", by="tasks", task=cooking.pk, span="two-weeks")
    view = SavedView.objects.get()
    assert (view.owner, view.name) == (taskmaster, "Kitchen")
    assert links(shown, r"^/board/\?") == [f"/board/?span=two-weeks&by=tasks&task={cooking.pk}"]
    # It opens at today, and Ctrl and K finds it.
    assert "Weeks 10 and 11" in text_of(page.get(links(shown, r"^/board/\?")[0]))
    for text in ("", "kitch"):
        assert "Kitchen saved view" in text_of(page.get(f"/find/?q={text}"))
    assert "Kitchen" not in text_of(page.get("/find/?q=people"))

    save(page, "Kitchen", show="full")
    assert list(SavedView.objects.values_list("name", "query")) == [("Kitchen", "show=full")]
    save(page, "Other")
    taken = page.post(f"/board/views/{view.pk}/", {"name": "Other"})
    assert (taken.status_code, "Another view is called “Other”." in text_of(taken)) == (400, True)
    page.post(f"/board/views/{view.pk}/", {"name": "Cooks"})
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Cooks", "Other"}
    page.post(f"/board/views/{view.pk}/", {"name": "Cooks", "delete": "1"})
    assert set(SavedView.objects.values_list("name", flat=True)) == {"Other"}


@pytest.mark.every_database
def test_saved_views_are_ones_own_and_at_most_fifty(page: Client, taskmaster: User) -> None:
    chief = make_person("chief", is_taskmaster=True)
    view = SavedView.objects.create(owner=chief, name="Secret")
    assert "Secret" not in text_of(page.get("/board/views/"))
    assert "Secret" not in text_of(page.get("/find/?q=secret")).removeprefix("Find · ToGo")
    for sent in ({"name": "Mine"}, {"name": "Mine", "delete": "1"}):
        assert page.post(f"/board/views/{view.pk}/", sent).status_code == 404
    view.refresh_from_db()
    assert view.name == "Secret"
    assert save(page, " ").status_code == 400
    SavedView.objects.bulk_create(SavedView(owner=taskmaster, name=f"view {number}") for number in range(50))
    assert save(page, "one more").status_code == 400
    assert save(page, "view 7").status_code == 200
    assert SavedView.objects.filter(owner=taskmaster).count() == 50


def tray_of(page: Client) -> list[str]:
    """What the tray lists: titles, and the names of tasks."""
    found = page.get("/board/tray/").content.decode()
    words = re.findall(r'<h3>(.*?)</h3>|<span class="chip"[^>]*>(.*?)</(?:span|bdi)>', found, re.DOTALL)
    return [" ".join(html.unescape(re.sub("<[^>]+>", " ", title or task)).split()) for title, task in words]


@pytest.mark.every_database
def test_favourites_come_first_in_the_tray_and_follow_a_merge(page: Client, taskmaster: User, cooking: Task) -> None:
    baking, washing = (Task.objects.create(name=name) for name in ("baking", "washing"))
    for _ in range(2):
        answer = page.post(f"/board/tray/{washing.pk}/", {"on": "on"})
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "tray-changed")
    assert tray_of(page) == ["Favourites", "washing", "All tasks", "baking", "cooking"]
    assert page.post("/board/tray/999/", {"on": "on"}).status_code == 404

    merging.merge(actor=taskmaster, old_id=washing.pk, new_id=baking.pk)
    assert tray_of(page) == ["Favourites", "baking", "All tasks", "cooking"]
    page.post(f"/board/tray/{baking.pk}/")
    assert tray_of(page) == ["baking", "cooking"]
    page.post(f"/board/tray/{cooking.pk}/", {"on": "on"})
    tasks.delete_task(actor=taskmaster, task_id=cooking.pk)
    assert not FavouriteTask.objects.exists()


@pytest.mark.every_database
def test_the_tray_has_what_the_last_plan_could_not_place_until_it_is_given(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0)
    tomorrow = TODAY + datetime.timedelta(days=1)
    asked = Request([Wish(cooking.pk, 3)], [alice.pk], TODAY, tomorrow, "even")
    plan = distributions.propose(actor=taskmaster, request=asked)
    assert "Left of the last plan" not in text_of(page.get("/board/tray/"))

    distributions.apply(actor=taskmaster, distribution_id=plan.pk, mode="all")
    for left, date in (("× 2", TODAY), ("× 1", tomorrow)):
        assert f"Left of the last plan cooking {left}" in text_of(page.get("/board/tray/"))
        assert f"/plan/{plan.pk}/" in links(page.get("/board/tray/"), "/plan/")
        with freeze_time(f"{TODAY} 12:00:05"):
            assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=taskmaster.pk, date=date)
    assert "Left of the last plan" not in text_of(page.get("/board/tray/"))
