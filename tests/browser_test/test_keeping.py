"""The pages of people, tasks and rules, in a browser."""

import datetime
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.models import LimitRule, Task, User
from apps.services import assignments, limit_rules
from apps.services.shared import permissions
from tests.browser_test.conftest import NARROW, WIDE, Visit
from tests.conftest import make_person

Visits = Callable[..., Visit]
LONG = "Unbreakablenamewithoutblanks" * 7


def test_somebody_is_added_follows_the_link_and_signs_in(visit: Visits) -> None:
    page = visit(make_person("ada", is_admin=True)).open("/board/")
    page.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Add somebody").click()
    page.get_by_label("Given name").fill("Noor")
    page.get_by_label("Username").fill("noor")
    page.get_by_label("Taskmaster").check()
    page.get_by_role("button", name="Add").click()
    link = page.get_by_label("The link").input_value()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()

    theirs = visit()
    page = theirs.page
    page.goto(link)
    theirs.assert_accessible()
    page.get_by_label("New password").fill("of my own choice")
    page.get_by_label("The same again").fill("of my own choice")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("Username").fill("noor")
    page.get_by_label("Password").fill("of my own choice")
    page.get_by_role("button", name="Sign in", exact=True).click()
    # A taskmaster finds all of it, and never the admin's sign-in.
    for name in ("Tasks", "Rules", "People"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)


def test_the_effect_of_a_rule_follows_what_is_typed_and_is_written_when_it_is_saved(visit: Visits) -> None:
    page = visit(make_person("tara", is_taskmaster=True)).open("/rules/new/")
    page.get_by_label("At most, in tasks").fill("2")
    page.get_by_label("On which days").select_option("Saturday")

    expect(page.get_by_role("heading", name="Saturdays: 2, everyone")).to_be_visible()
    expect(page.locator("td.changes")).to_have_count(5)
    page.get_by_label("On which days").select_option("Sunday")
    expect(page.get_by_role("heading", name="Sundays: 2, everyone")).to_be_visible()
    page.get_by_label("One person").check()  # Whose name is missing.
    expect(page.locator("td.changes")).to_have_count(0)
    assert not LimitRule.objects.exists()

    page.get_by_label("Everyone").check()
    page.get_by_label("At most, in tasks").fill("0")
    page.get_by_role("button", name="Make the rule").click()
    expect(page.get_by_text("The rule is saved: Sundays: off, everyone.")).to_be_visible()
    assert LimitRule.objects.values_list("maximum", "weekday").get() == (0, 6)


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide and light", "narrow and dark"]
)
def test_the_pages_are_readable(visit: Visits, size: dict[str, int], scheme: str) -> None:
    admin = make_person("ada", is_admin=True)
    person = User.objects.create(username=LONG[:150], first_name=LONG[:150], last_name="Smith", password="!")
    task = Task.objects.create(name=LONG, label=LONG[:50], color="teal", note=LONG, url=f"https://example.org/{LONG}")
    other = Task.objects.create(name="booking")
    today = permissions.today()
    for one in (task, other):
        assignments.assign(actor=admin, task_id=one.pk, user_id=person.pk, date=today)
    assignments.assign(actor=admin, task_id=task.pk, user_id=person.pk, date=today - datetime.timedelta(days=1))
    limit_rules.create_rule(actor=admin, maximum=4, reason=LONG)
    rule = limit_rules.create_rule(actor=admin, maximum=3, user_id=person.pk, weekday=5, reason="")
    browser = visit(admin, size=size, scheme=scheme)
    for path in (
        *("/people/", "/people/new/", f"/people/{person.pk}/", f"/people/{person.pk}/deactivate/"),
        *("/tasks/", "/tasks/new/", f"/tasks/{task.pk}/", f"/tasks/{task.pk}/merge/?into={other.pk}"),
        *("/rules/", "/rules/new/", f"/rules/{rule.pk}/", f"/rules/{rule.pk}/end/"),
        *("/board/late/", f"/board/day/{person.pk}/{today}/", f"/board/free/{today}/"),
    ):
        page = browser.open(path)
        browser.assert_accessible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
