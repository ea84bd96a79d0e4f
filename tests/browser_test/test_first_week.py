"""The film in the README tells the truth: its story still goes as it is told."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.models import Assignment, DailyLimit, User
from tests import first_week
from tests.browser_test.test_board import Visits


@pytest.mark.slow
def test_a_new_togo_comes_to_a_planned_week_of_twenty_people_as_the_film_shows(visit: Visits) -> None:
    admin = User(username="tara", first_name="Tara", last_name="Quinn", is_admin=True, is_taskmaster=True)
    admin.set_password(first_week.PASSWORD)
    admin.save()
    today = timezone.localdate()
    page = visit().open("/")

    first_week.plan(first_week.Film(page, is_taken=False), today + datetime.timedelta(days=7 - today.weekday()), admin)

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("This day is full: 4 of 4 tasks taken.")
    expect(page.get_by_role("button", name="Wait for this day")).to_be_visible()
    assert Assignment.objects.count() == sum(first_week.PILE.values())
    assert Assignment.objects.values("user").distinct().count() == User.objects.count() == 20
    assert not DailyLimit.objects.filter(taken__gt=4).exists()
