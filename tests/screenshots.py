"""The program of `bin/screenshots`: fills a ToGo of its own with a bicycle workshop, and takes pictures."""

import datetime
import io
import os
import random
import shutil
from pathlib import Path
from typing import Any

from tests import environment, mid_week  # noqa: F401  (before Django's settings are read)

mid_week.begin()
os.environ["DJANGO_SETTINGS_MODULE"] = "togo.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from apps.exceptions.base import ToGoError
from apps.models import Import, Task, User
from apps.models.tasks import Color
from apps.services import assignments, imports, limit_rules, limits
from apps.services.imports import blocks
from apps.services.shared import permissions
from lab.processes import Server, start_server

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE = {"width": 1280, "height": 800}
LARGE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 800}
PEOPLE = [
    ("aiko", "Aiko Tanaka"), ("amir", "Amir Haddad"), ("chidi", "Chidi Okafor"), ("elena", "Elena Rossi"),
    ("jonas", "Jonas Weber"), ("lucia", "Lucía Vega"), ("maria", "Maria Lindqvist"), ("noor", "Noor Bakker"),
    ("omar", "Omar Farouk"), ("priya", "Priya Nair"), ("sven", "Sven Larsen"), ("zoe", "Zoë Martin"),
]  # fmt: skip
TASKS = [
    "Front desk", "True wheels", "Build city bikes", "Repair brakes", "Order parts", "Test rides", "Deliver bikes",
    "Clean workshop", "Teach apprentices", "Count stock", "Answer mail", "Paint frames",
]  # fmt: skip


def fill() -> User:
    """Two weeks of work; returns the taskmaster."""
    boss = User.objects.create(username="tara", first_name="Tara", last_name="Quinn", is_taskmaster=True)
    people = []
    for username, name in PEOPLE:
        first, _, last = name.partition(" ")
        people.append(User.objects.create(username=username, first_name=first, last_name=last))
    colors = Color.values
    tasks = [Task.objects.create(name=name, color=colors[number * 5 % 12]) for number, name in enumerate(TASKS)]
    monday = permissions.today() - datetime.timedelta(days=permissions.today().weekday())

    def rule(maximum: int, reason: str, person: User | None = None, **when: Any) -> None:
        limit_rules.create_rule(actor=boss, user_id=person and person.pk, maximum=maximum, reason=reason, **when)

    rule(4, "Full time")
    for weekday in (5, 6):
        rule(0, "Weekend", weekday=weekday)
    rule(2, "Half time", people[6])
    rule(0, "Holiday", people[4], date_from=monday, date_to=monday + datetime.timedelta(days=4))
    dates = [monday + datetime.timedelta(days=offset) for offset in range(-21, 12)]
    for date in dates[21:]:
        call_command("set_daily_limits", date=date, verbosity=0)
    chance = random.Random(7)
    for date in dates:
        for person in people:
            for task in chance.sample(tasks, chance.choice([1, 2, 2, 3, 3, 4])):
                try:
                    made = assignments.assign(actor=boss, task_id=task.pk, user_id=person.pk, date=date)
                except ToGoError:
                    continue
                if date < permissions.today() or (date == permissions.today() and chance.random() < 0.4):
                    assignments.change(actor=boss, assignment_id=made.pk, status="done")
    limits.set_by_hand(actor=boss, user_id=people[8].pk, date=monday, maximum=2, reason="Training")
    return boss


def trial(boss: User) -> Import:
    """A finished trial run of a file; some of its rows fit."""
    date = permissions.today() + datetime.timedelta(days=2)
    lines = [f"{TASKS[number]},{username},{date}" for number, (username, _) in enumerate(PEOPLE)]
    text = "\n".join(["task,user,date", *lines, f"Sing,amir,{date}", f"Front desk,nobody,{date}"])
    tried = imports.start(actor=boss, file=io.BytesIO(text.encode()), dry_run=True)
    while blocks.do_next_block(tried.pk):
        pass
    return tried


def picture(browser: Browser, server: Server, name: str, path: str, person: User, **look: Any) -> None:
    """Open a page as that person, and save a picture of it."""
    steps = look.pop("steps", Page.content)
    context = browser.new_context(**{"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce", **look})
    client = Client()
    client.force_login(person)
    address = f"http://localhost:{server.port}"
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
    page = context.new_page()
    page.goto(address + path)
    steps(page)
    page.wait_for_timeout(500)
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    context.close()
    print(f"docs/screenshots/{name}.png")


def full_day(page: Page) -> None:
    """Try to assign a task on the first day that is full."""
    page.locator(".cell.full .add").first.click()
    page.get_by_role("alert").wait_for()


def day(page: Page) -> None:
    """Open the sheet of a day, with its history."""
    page.locator("tr:nth-child(4) td:nth-of-type(3) .load").click()
    page.get_by_text("What happened to this day").click()


def plan(page: Page) -> None:
    """Propose who does a pile of tasks next week."""
    monday = permissions.today() + datetime.timedelta(days=7 - permissions.today().weekday())
    for row, (task, count) in enumerate([("Test rides", "9"), ("Teach apprentices", "6"), ("Paint frames", "4")], 1):
        page.get_by_label(f"Task of row {row}").fill(task)
        page.get_by_label(f"Count of row {row}").fill(count)
    page.get_by_label("People").fill("aiko amir chidi elena")
    page.get_by_label("From", exact=True).fill(monday.isoformat())
    page.get_by_label("To", exact=True).fill((monday + datetime.timedelta(days=4)).isoformat())
    page.get_by_role("button", name="Propose a plan").click()
    page.get_by_role("heading", name="The proposed plan").wait_for()


def main() -> None:
    """Make all pictures."""
    timezone.activate(settings.TIME_ZONE)
    FOLDER.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    boss = fill()
    aiko = User.objects.get(username="aiko")
    tried = trial(boss)
    next_week = permissions.today() + datetime.timedelta(days=7)
    with (
        start_server(workers=1, threads=4, application=mid_week.APPLICATION) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        week = f"/board/?week={permissions.today():%G-W%V}"
        picture(browser, server, "board", f"{week}&size=compact", boss)
        picture(browser, server, "board-dark", week, boss, color_scheme="dark", viewport=LARGE)
        picture(browser, server, "board-day", f"/board/?week={next_week:%G-W%V}", boss, steps=day)
        picture(browser, server, "month", "/board/month/", boss)
        picture(browser, server, "people", "/people/", boss)
        picture(browser, server, "rules", "/rules/", boss)
        picture(browser, server, "board-full-day", f"/board/?week={next_week:%G-W%V}", boss, steps=full_day)
        picture(browser, server, "plan", "/plan/", boss, steps=plan)
        picture(browser, server, "board-narrow", "/board/?q=aiko", boss, viewport=NARROW)
        picture(browser, server, "today", "/today/", aiko)
        picture(browser, server, "insights", "/insights/", boss)
        picture(browser, server, "import", f"/import/{tried.pk}/", boss)
        browser.close()


if __name__ == "__main__":
    main()
