"""The pages of the rules that limits are picked from, without scripts."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from apps.models import DailyLimit, LimitRule, Task, User
from apps.services import assignments, limit_rules, limits
from apps.services.limit_rules import words
from tests.api_test.test_problems import nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person

SATURDAY = date(2026, 3, 7)
SATURDAYS = {
    "who": "everyone",
    "username": "",
    "maximum": "2",
    "weekday": "5",
    "date_from": "",
    "date_to": "",
    "reason": "",
}


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    """A browser in which the taskmaster is signed in."""
    client.force_login(taskmaster)
    return client


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def calendar_of(response: Any) -> dict[str, str]:
    """What the calendar shows of each date that changes."""
    cells = re.findall(r'<td class="changes[^"]*">(.*?)</td>', response.content.decode(), re.S)
    words = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
    return {cell.partition(" before ")[0]: "before " + cell.partition(" before ")[2] for cell in words}


def sentences_on(response: Any) -> list[str]:
    return re.findall(r'<a href="/rules/\d+/"><bdi>([^<]+)</bdi>', response.content.decode())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"maximum": 4}, "Every day: 4, everyone"),
        ({"maximum": 2, "weekday": 5}, "Saturdays: 2, everyone"),
        ({"maximum": 0, "weekday": 6, "user": True}, "Sundays: off, Alice Adams"),
        ({"maximum": 0, "date_from": TODAY, "date_to": TODAY}, "2 March 2026: off, everyone"),
        ({"maximum": 0, "date_from": TODAY, "date_to": date(2026, 3, 6)}, "2–6 March 2026: off, everyone"),
        ({"maximum": 1, "date_from": TODAY, "date_to": date(2026, 4, 6)}, "2 March – 6 April 2026: 1, everyone"),
        (
            {"maximum": 1, "date_from": date(2026, 12, 24), "date_to": date(2027, 1, 6)},
            "24 December 2026 – 6 January 2027: 1, everyone",
        ),
        (
            {"maximum": 1, "weekday": 2, "date_from": TODAY, "date_to": date(2026, 3, 31)},
            "Wednesdays, 2–31 March 2026: 1, everyone",
        ),
        ({"maximum": 1, "weekday": 0, "date_from": TODAY, "date_to": TODAY}, "Mondays, 2 March 2026: 1, everyone"),
        ({"maximum": 3, "date_from": TODAY}, "Every day from 2 March 2026 on: 3, everyone"),
        ({"maximum": 3, "weekday": 4, "date_to": TODAY}, "Fridays until 2 March 2026: 3, everyone"),
    ],
)
def test_each_rule_is_a_sentence(alice: User, fields: dict[str, Any], says: str) -> None:
    alice.first_name, alice.last_name = "Alice", "Adams"
    user = alice if fields.pop("user", False) else None

    assert words.sentence(LimitRule(user=user, **fields)) == says


@pytest.mark.every_database
def test_the_list_shows_the_rules_for_everyone_first_and_past_ones_apart(
    page: Client, taskmaster: User, alice: User
) -> None:
    for fields in (
        {"user_id": alice.pk, "maximum": 2, "reason": "Half time"},
        {"maximum": 4, "reason": "Full time"},
        {"maximum": 0, "date_from": date(2026, 1, 1), "date_to": date(2026, 1, 1), "reason": "New year"},
    ):
        limit_rules.create_rule(actor=taskmaster, **fields)

    assert sentences_on(page.get("/rules/")) == ["Every day: 4, everyone", "Every day: 2, alice"]
    assert sentences_on(page.get("/rules/?show=past")) == ["1 January 2026: off, everyone"]
    assert sentences_on(page.get("/rules/?q=ALICE")) == ["Every day: 2, alice"]
    assert sentences_on(page.get("/rules/?q=full")) == ["Every day: 4, everyone"]
    assert "No rule is for “&lt;b&gt;”" in text_of(page.get("/rules/?q=<b>"))


@pytest.mark.every_database
def test_pages_of_rules_begin_where_others_end_whatever_comes_and_goes(
    page: Client, taskmaster: User, alice: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr("apps.services.limit_rules.listing.PER_PAGE", 2)
    dates = {"date_from": date(2026, 3, 9), "date_to": date(2026, 3, 10)}
    for fields in ({"user_id": alice.pk}, dates, {"weekday": 1}, {}, {"weekday": 0}):
        limit_rules.create_rule(actor=taskmaster, maximum=1, reason="", **fields)

    first = page.get("/rules/")
    assert sentences_on(first) == ["Every day: 1, everyone", "Mondays: 1, everyone"]
    assert "Previous rules" not in text_of(first)
    [more] = re.findall(r'href="(\?[^"]*after=\d+)"', first.content.decode())
    # Pages by number would show the Mondays again.
    limit_rules.create_rule(actor=taskmaster, maximum=2, reason="")
    second = page.get(f"/rules/{html.unescape(more)}")
    assert sentences_on(second) == ["Tuesdays: 1, everyone", "9–10 March 2026: 1, everyone"]
    last = page.get(f"/rules/?after={second.context['page'].following}")
    assert sentences_on(last) == ["Every day: 1, alice"]
    assert "More rules ›" not in text_of(last)

    back = page.get(f"/rules/?before={last.context['page'].preceding}")
    assert sentences_on(back) == sentences_on(second)
    assert (back.context["page"].following, back.context["page"].preceding) == second.context["page"][1:]
    assert sentences_on(page.get("/rules/?after=999999")) == ["Every day: 1, everyone", "Every day: 2, everyone"]
    assert page.get("/rules/?after=x").status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.every_database
def test_a_rule_is_made_changed_and_ended(page: Client, taskmaster: User, alice: User) -> None:
    limits.create_days([(alice.pk, SATURDAY)])

    made = page.post("/rules/new/", {**SATURDAYS, "reason": "Weekend"}, follow=True)
    assert "The rule is saved: Saturdays: 2, everyone." in text_of(made)
    assert DailyLimit.objects.values_list("maximum", "source_reason").get() == (2, "Weekend")

    rule = LimitRule.objects.get()
    changed = {
        "who": "person",
        "username": "alice",
        "maximum": "0",
        "weekday": "",
        "date_from": "2026-03-07",
        "date_to": "2026-03-08",
        "reason": "",
    }
    page.post(f"/rules/{rule.pk}/", changed)
    rule.refresh_from_db()
    assert (rule.user, rule.maximum, rule.weekday, rule.date_from, rule.date_to, rule.reason) == (
        *(alice, 0, None, SATURDAY, date(2026, 3, 8), ""),
    )

    ended = page.post(f"/rules/{rule.pk}/end/", follow=True)
    assert "The rule is ended: 7–8 March 2026: off, alice." in text_of(ended)
    assert not LimitRule.objects.exists()
    assert DailyLimit.objects.get().maximum == 5


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"maximum": "-1"}, 400, "greater than or equal to 0"),
        ({"maximum": ""}, 400, "This field is required."),
        ({"weekday": "7"}, 400, "7 is not one of the available choices."),
        ({"who": "person"}, 400, "Type the person’s username, or choose everyone."),
        ({"who": "person", "username": "nobody"}, 404, "Nobody has the username “nobody”."),
        ({"date_from": "2026-03-05", "date_to": "2026-03-04"}, 400, "This must not be before the first day."),
        ({"reason": "x" * 256}, 400, "at most 255 characters"),
    ],
)
@pytest.mark.parametrize("button", [{}, {"preview": "on"}], ids=["save", "preview"])
def test_what_cannot_be_used_is_said_beside_its_field(
    page: Client, changed: dict[str, str], status: int, says: str, button: dict[str, str]
) -> None:
    with nothing_written():
        answer = page.post("/rules/new/", {**SATURDAYS, **changed, **button})

    assert answer.status_code == status
    assert says in text_of(answer)


def test_a_preview_shows_each_day_before_and_after_and_writes_nothing(
    page: Client, taskmaster: User, alice: User
) -> None:
    with nothing_written():
        answer = page.post("/rules/new/", {**SATURDAYS, "preview": "on"})

    changes = dict.fromkeys(["7", "14", "21", "28", "4"], "before 5 after 2")
    assert calendar_of(answer) == changes
    assert "10 days of 2 people change in these five weeks." in text_of(answer)
    assert "The days of everyone without rules of their own, in tasks." in text_of(answer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.every_database
def test_a_preview_is_what_saving_then_does(page: Client, taskmaster: User, alice: User) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=3, reason="")
    rule = limit_rules.create_rule(actor=taskmaster, maximum=4, weekday=5, reason="")
    bob = make_person("bob")
    days = [(person.pk, date(2026, 3, day)) for person in (alice, bob, taskmaster) for day in range(2, 9)]
    limits.create_days(days)
    before = dict(DailyLimit.objects.values_list("pk", "maximum"))

    changed = {**SATURDAYS, "who": "person", "username": "alice", "maximum": "0", "weekday": ""}
    answer = page.post(f"/rules/{rule.pk}/", {**changed, "preview": "on"})
    assert dict(DailyLimit.objects.values_list("pk", "maximum")) == before
    page.post(f"/rules/{rule.pk}/", changed)

    after = dict(DailyLimit.objects.values_list("pk", "maximum"))
    moved = {pk for pk in after if after[pk] != before[pk]}
    # The first week: Alice's seven days, and the Saturday of the two others; five weeks have as many each.
    assert len(moved) == 7 + 2
    assert "45 days of 3 people change in these five weeks." in text_of(answer)


def test_a_preview_says_where_more_is_assigned_and_what_is_set_by_hand(
    page: Client, taskmaster: User, alice: User, tasks: list[Task]
) -> None:
    for task in tasks[:3]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=SATURDAY)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 14), maximum=1)

    answer = page.post("/rules/new/", {**SATURDAYS, "preview": "on"})

    assert "On 1 of them more is assigned already: it stays, and nothing new fits." in text_of(answer)
    assert "1 is set by hand and stays as it is." in text_of(answer)


def test_the_page_of_a_rule_explains_which_rule_wins_and_why(page: Client, taskmaster: User, alice: User) -> None:
    everyday = limit_rules.create_rule(actor=taskmaster, maximum=4, reason="")
    saturdays = limit_rules.create_rule(actor=taskmaster, maximum=0, weekday=5, reason="")
    limit_rules.create_rule(actor=taskmaster, maximum=1, weekday=5, reason="")
    own = limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=2, reason="")

    text = text_of(page.get(f"/rules/{everyday.pk}/"))
    assert (
        "“Saturdays: 1, everyone” wins on 5 days: a rule for everyone on a weekday comes before one for everyone on "
        "all days." in text
    )
    assert "“Saturdays: 1, everyone” wins on 5 days: the newer rule comes first." in text_of(
        page.get(f"/rules/{saturdays.pk}/")
    )
    text = text_of(page.get(f"/rules/{own.pk}/"))
    assert "The days of alice , in tasks." in text
    assert (
        "It wins over “Every day: 4, everyone” on 30 days: a rule for one person on all days comes before one for "
        "everyone on all days." in text
    )


def test_days_of_this_week_that_are_past_count_nowhere(page: Client, taskmaster: User) -> None:
    everyday = limit_rules.create_rule(actor=taskmaster, maximum=4, reason="")
    limit_rules.create_rule(actor=taskmaster, maximum=0, weekday=0, reason="")

    with freeze_time("2026-03-04T12:00:00Z"):
        assert "“Mondays: off, everyone” wins on 4 days" in text_of(page.get(f"/rules/{everyday.pk}/"))
        mondays = {**SATURDAYS, "weekday": "0", "preview": "on"}
        assert "4 days of 1 person change" in text_of(page.post("/rules/new/", mondays))


def test_the_end_of_a_rule_is_shown_before_it_is_ended(page: Client, taskmaster: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=0, weekday=5, reason="Weekend")

    with nothing_written():
        shown = page.get(f"/rules/{rule.pk}/end/")

    assert set(calendar_of(shown).values()) == {"before off after 5"}
    assert "5 days of 1 person change in these five weeks." in text_of(shown)


def test_the_calendar_begins_with_a_rule_of_the_future(page: Client, taskmaster: User) -> None:
    fields = {**SATURDAYS, "weekday": "", "maximum": "0", "date_from": "2026-12-24", "date_to": "2026-12-26"}

    answer = page.post("/rules/new/", {**fields, "preview": "on"})

    assert calendar_of(answer) == dict.fromkeys(["24", "25", "26"], "before 5 after off")


@pytest.mark.every_database
def test_where_limits_are_picked_at_random_the_pages_say_that_rules_have_no_effect(
    page: Client, taskmaster: User, settings: Any
) -> None:
    settings.TOGO_LIMIT_PICKER = (2, 4)

    assert "rules have no effect" in text_of(page.get("/rules/"))
    assert "Nothing changes in these five weeks." in text_of(page.post("/rules/new/", {**SATURDAYS, "preview": "on"}))


def test_only_taskmasters_see_and_change_rules(client: Client, taskmaster: User, alice: User) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, maximum=4, reason="")
    client.force_login(alice)

    assert "/rules/" not in client.get("/today/").content.decode()
    with nothing_written():
        for path in ("", "new/", f"{rule.pk}/", f"{rule.pk}/end/"):
            assert client.get(f"/rules/{path}").status_code == 403
        for path in ("new/", f"{rule.pk}/", f"{rule.pk}/end/"):
            assert client.post(f"/rules/{path}", SATURDAYS).status_code == 403
