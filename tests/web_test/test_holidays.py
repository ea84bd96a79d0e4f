"""Public holidays, proposed as rules."""

import ast
import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client

from apps.models import Event, LimitRule, Task, User
from apps.services import assignments, limit_rules, limits
from lab.processes import ROOT
from tests.api_test.test_problems import nothing_written
from tests.clock import freeze_time
from tests.web_test.test_board import page, text_of

__all__ = ["page"]

pytestmark = pytest.mark.no_db

BAVARIA = {"country": "DE", "region": "BY", "year": 2026, "language": "de"}
CHRISTMAS = datetime.date(2026, 12, 25)


def ticks_of(response: Any) -> dict[str, str]:
    """The date of each box, with what else it says: whether it can be ticked, and whether it is."""
    return dict(re.findall(r'name="date" value="([^"]*)" ?([a-z]*)', response.content.decode()))


@pytest.mark.every_database
def test_holidays_of_a_region_are_proposed_from_today_on_with_what_is_there(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=CHRISTMAS)
    limit_rules.create_rule(
        actor=taskmaster, date_from=CHRISTMAS, date_to=CHRISTMAS + datetime.timedelta(days=2), maximum=0, reason="Rest"
    )

    with freeze_time("2026-05-01 12:00"):
        page.force_login(taskmaster)
        shown = page.get("/rules/holidays/", BAVARIA)
        prussia = page.get("/rules/holidays/", {**BAVARIA, "region": "BE"})

    assert ticks_of(shown) == dict.fromkeys(
        [
            "2026-05-01",
            "2026-05-14",
            "2026-05-25",
            "2026-06-04",
            "2026-10-03",
            "2026-11-01",
            "2026-12-25",
            "2026-12-26",
        ],
        "checked",
    )
    assert "2026-06-04" not in ticks_of(prussia)
    text = html.unescape(text_of(shown))
    assert "Friday 25 December Erster Weihnachtstag There already: 25–27 December 2026: off, everyone (Rest)" in text
    assert "1 open task stays" in text
    assert not LimitRule.objects.exclude(reason="Rest").exists()


@pytest.mark.every_database
def test_ticked_holidays_become_ordinary_rules_once_and_name_the_days(
    page: Client, taskmaster: User, alice: User
) -> None:
    dates = ["2026-12-25", "2026-12-26"]
    done = page.post("/rules/holidays/", {**BAVARIA, "date": dates, "maximum": 0}, follow=True)

    assert "2 rules are made." in text_of(done)
    assert list(LimitRule.objects.order_by("pk").values_list("date_from", "date_to", "user", "maximum", "reason")) == [
        (CHRISTMAS, CHRISTMAS, None, 0, "Erster Weihnachtstag"),
        (datetime.date(2026, 12, 26), datetime.date(2026, 12, 26), None, 0, "Zweiter Weihnachtstag"),
    ]
    assert list(Event.objects.filter(kind="rule_created").values_list("actor", flat=True)) == [taskmaster.pk] * 2
    assert limits_of(alice) == (0, "Erster Weihnachtstag")
    assert "Erster Weihnachtstag" in text_of(page.get("/board/?week=2026-W52"))

    again = page.post("/rules/holidays/", {**BAVARIA, "date": [*dates, "2026-10-03"], "maximum": 2}, follow=True)
    assert "1 rule is made." in text_of(again)
    assert LimitRule.objects.count() == 3
    shown = page.get("/rules/holidays/", BAVARIA)
    assert {date for date, state in ticks_of(shown).items() if state == "disabled"} == {*dates, "2026-10-03"}


def limits_of(person: User) -> tuple[int, str]:
    """The limit of Christmas, and its reason."""
    [day] = limits.read(user_ids=[person.pk], first=CHRISTMAS, last=CHRISTMAS)
    return day.maximum, day.source_reason


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"date": "2026-12-24"}, "Thu 24 Dec is no holiday there."),
        ({"date": []}, "Tick at least one day."),
        ({"country": "ZZ"}, "There is no such country."),
        ({"maximum": -1}, "Ensure this value is greater than or equal to 0."),
    ],
)
def test_a_holiday_that_is_none_makes_no_rule(page: Client, change: dict[str, Any], says: str) -> None:
    with nothing_written():
        refused = page.post("/rules/holidays/", {**BAVARIA, "date": "2026-12-25", "maximum": 0, **change})

    assert refused.status_code == 400
    assert says in text_of(refused)


def test_the_country_is_remembered_and_names_come_in_the_readers_language(page: Client) -> None:
    assert "Choose" in text_of(page.get("/rules/holidays/"))
    vietnam = page.get("/rules/holidays/?country=VN&year=2027", headers={"Accept-Language": "vi"})
    assert "Giao thừa Tết Nguyên Đán" in text_of(vietnam)
    assert "Lunar New Year" in text_of(page.get("/rules/holidays/?year=2027"))
    assert "No holidays are known" in text_of(page.get("/rules/holidays/?country=VN&year=2000"))


def test_the_library_is_imported_where_it_is_used_and_not_when_a_process_starts() -> None:
    for path in (ROOT / "apps").rglob("*.py"):
        first = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in first if isinstance(node, ast.Import) for alias in node.names}
        names |= {str(node.module) for node in first if isinstance(node, ast.ImportFrom)}
        assert not any(name.split(".")[0] == "holidays" for name in names), path
