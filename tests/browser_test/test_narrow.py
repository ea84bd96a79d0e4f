"""All pages on a phone, in the language with the longest words and in the one that runs from right to left."""

import datetime

import pytest
from playwright.sync_api import Page

from apps.models import SavedView, Task
from apps.services import limit_rules, series
from tests.browser_test.test_board import Team, Visits, team
from tests.conftest import make_person

__all__ = ["team"]

PHONE = {"width": 390, "height": 844}

# What is wrong with the open page, in words: it is wider than the window, what can be pressed lies outside of it, or a
# button breaks within a word.
FAULTS = r"""() => {
  const faults = [];
  const wide = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (wide > innerWidth) faults.push(`the page is ${wide} wide`);
  for (const one of document.querySelectorAll(":is(main, #content) :is(a, button, input, select, summary)")) {
    const { left, right, width } = one.getBoundingClientRect();
    const scrolls = one.closest(".scroll, .results, .sr-only, .skip");
    if (!one.checkVisibility() || width < 3 || scrolls || one.type === "hidden") continue;
    if (left < 0 || right > innerWidth + 1) faults.push(`outside: ${one.outerHTML.slice(0, 120)}`);
  }
  for (const button of document.querySelectorAll("main :is(button, .button)")) {
    const texts = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const { index, 0: word } of texts.currentNode.data.matchAll(/[\p{L}\p{M}]+/gu)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        const lines = new Set([...range.getClientRects()].map((line) => Math.round(line.top)));
        if (lines.size > 1) faults.push(`broken: ${word}`);
      }
    }
  }
  return faults;
}"""


def fill(team: Team) -> list[str]:
    """Write something to every page; returns the paths of the pages."""
    team.boss.is_admin = True
    team.boss.save()
    repairs = Task.objects.create(name="Repair hydraulic brakes and bleed the lines of the rental fleet", color="red")
    person = make_person("jonas", first_name="Jonas Maximilian Ferdinand", last_name="von Weberstein Hohenlohe")
    for number in (-9, -8, 0, 1):
        team.give(person, number, repairs)
        team.give(team.boss, number)
    rule = limit_rules.create_rule(actor=team.boss, maximum=4, reason="Full time, but for the holidays")
    monthly = series.create_series(
        actor=team.boss,
        task_id=repairs.pk,
        user_ids=[person.pk, team.alice.pk],
        rrule="FREQ=WEEKLY;BYDAY=MO",
        date_from=team.monday + datetime.timedelta(days=14),
        on_full="skip",
    )
    SavedView.objects.create(owner=team.boss, name="Who is free in the next two weeks", query="show=free")
    day = f"{person.pk}/{team.monday}/"
    boards = ["late/", "days-off/", "views/", "copy/", "keys/", "filter/", "month/", f"day/{day}", "?by=tasks"]
    return [
        *[
            team.path,
            f"{team.path}&span=two-weeks",
            f"{team.path}&q=jonas&show=free",
            *(f"/board/{one}" for one in boards),
        ],
        *["/plan/", "/series/", "/series/new/", f"/series/{monthly.pk}/", "/today/", "/insights/", "/import/"],
        *["/people/", "/people/new/", f"/people/{person.pk}/", f"/people/{person.pk}/deactivate/"],
        *["/tasks/", "/tasks/new/", f"/tasks/{repairs.pk}/", f"/tasks/{repairs.pk}/merge/"],
        *["/rules/", "/rules/new/", f"/rules/{rule.pk}/", "/rules/holidays/?country=DE", "/webhooks/", "/errors/"],
        *["/account/", "/account/password/", "/account/second-factor/", "/account/messages/", "/nothing-here/"],
        *["/admin/", "/admin/togo/user/", f"/admin/togo/user/{person.pk}/change/", "/admin/togo/limitrule/add/"],
    ]


def faults_of(page: Page) -> list[str]:
    return page.evaluate(FAULTS)  # type: ignore[no-any-return]


@pytest.mark.parametrize("locale", ["de", "ar"])
def test_every_page_fits_a_phone_and_no_button_breaks_within_a_word(visit: Visits, team: Team, locale: str) -> None:
    paths = fill(team)
    browser = visit(team.boss, size=PHONE, locale=locale)

    faults = {path: found for path in paths if (found := faults_of(browser.open(path)))}

    assert faults == {}
    page = browser.open(team.path)
    head = page.locator(".planner-head").bounding_box()
    assert head
    assert head["height"] < 200, "four rows: the week, the views, the search, and what can be done"
    for menu in page.locator(".planner-head details").all():
        menu.locator("summary").click()
        box = menu.locator(".card").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
        menu.locator("summary").click()
