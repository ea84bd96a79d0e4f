"""The program of `bin/film`: plans the first week of a new ToGo for twenty people, and films it.

Each step is a frame of docs/screenshots/first-week.gif.
"""

import datetime
import io
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests import environment  # noqa: F401  (before Django's settings are read)

os.environ["DJANGO_SETTINGS_MODULE"] = "togo.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django

django.setup()

from django.core.management import call_command
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

from apps.models import User
from apps.models.tasks import Color
from apps.services import tasks, users
from apps.services.shared import permissions
from lab.processes import start_server

FILM = Path(__file__).resolve().parent.parent / "docs" / "screenshots" / "first-week.gif"
SIZE = {"width": 1280, "height": 800}
SHOWN = (800, 500)
CAPTION = 28
PASSWORD = "correct horse battery staple"
NAMES = [
    "Aiko Tanaka", "Amir Haddad", "Chidi Okafor", "Elena Rossi", "Jonas Weber", "Lucia Vega", "Maria Lindqvist",
    "Noor Bakker", "Omar Farouk", "Priya Nair", "Sven Larsen", "Zoe Martin", "Ben Adler", "Dora Kiss", "Emil Novak",
    "Fatima Zaki", "Goran Ilic", "Hana Sato", "Ivo Marek", "Kim Lan",
]  # fmt: skip
PILE = [("Front desk", 80), ("Repair brakes", 80), ("True wheels", 70), ("Test rides", 65), ("Deliver bikes", 65)]


@dataclass
class Film:
    """The frames so far, each with its caption and how long it is shown, in milliseconds."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def show(self, caption: str, milliseconds: int = 1200) -> None:
        """Take a frame."""
        self.page.wait_for_timeout(300)
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS)
        frame = Image.new("RGB", (SHOWN[0], SHOWN[1] + CAPTION), "#17313b")
        frame.paste(picture)
        font = ImageFont.load_default(size=15)
        ImageDraw.Draw(frame).text((12, SHOWN[1] + 5), caption, fill="white", font=font)
        self.frames.append(frame)
        self.times.append(milliseconds)

    def save(self, path: Path) -> None:
        """Write the film. All frames share the colours of the last, which has the most."""
        colors = self.frames[-1].quantize(96)
        pictures = [frame.quantize(palette=colors, dither=Image.Dither.NONE) for frame in self.frames]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=self.times, loop=0, optimize=True)
        print(f"{path.name}: {len(pictures)} frames, {path.stat().st_size / 1000:.0f} kB")


def plan(film: Film, monday: datetime.date, admin: User) -> None:
    """From signing in to a planned week."""
    page = film.page
    film.show("A new ToGo. Sign in.")
    page.get_by_label("Username").fill(admin.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{page.url.partition('/board/')[0].rstrip('/')}/board/")
    film.show("The empty board says what comes first.", 2000)

    page.get_by_role("link", name="Add whoever gets tasks").click()
    page.get_by_label("Given name").fill("Aiko")
    page.get_by_label("Family name").fill("Tanaka")
    page.get_by_label("Username").fill("aiko")
    film.show("Add somebody …")
    page.get_by_role("button", name="Add", exact=True).click()
    film.show("… and send them the link with which they choose a password.")
    for name in NAMES[1:]:
        first, _, last = name.partition(" ")
        users.create_user(actor=admin, username=first.lower(), password=None, first_name=first, last_name=last)
    page.get_by_role("link", name="People", exact=True).click()
    film.show("Nineteen more, in the same way or by the API.", 1500)

    page.get_by_role("link", name="Rules", exact=True).click()
    for maximum, weekday, reason in [(4, "", "Full time"), (0, "5", "Weekend"), (0, "6", "Weekend")]:
        page.get_by_role("link", name="New rule").click()
        page.get_by_role("radio", name="Everyone").check()
        page.get_by_label("At most").fill(str(maximum))
        page.locator("[name=weekday]").select_option(weekday)
        page.get_by_label("Reason").fill(reason)
        if not weekday:
            page.get_by_role("button", name="See the effect").click()
            film.show("At most four tasks a day. You see the effect before you save.", 2000)
        page.get_by_role("button", name="Make the rule").click()
    film.show("Weekends are off.", 1500)

    for (name, _), color in zip(PILE, Color.values, strict=False):
        tasks.create_task(actor=admin, name=name, color=color)
    page.get_by_role("link", name="Tasks", exact=True).click()
    film.show("Tasks have a name and a colour; notes, links and deadlines if you like.", 1500)

    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_text("Paste from a spreadsheet").click()
    page.get_by_label("Rows from a spreadsheet").fill("\n".join(f"{task}\t{count}" for task, count in PILE))
    page.get_by_label("From", exact=True).fill(monday.isoformat())
    page.get_by_label("To", exact=True).fill((monday + datetime.timedelta(days=4)).isoformat())
    film.show("Write down what there is to do in the week.", 2000)
    page.get_by_role("button", name="Propose a plan").click()
    page.get_by_role("heading", name="The proposed plan").wait_for()
    film.show("ToGo proposes who does what and when, and shares it out evenly.", 2500)
    page.get_by_role("button", name="Assign").first.click()
    page.get_by_text("tasks assigned").first.wait_for()
    page.goto(f"{page.url.partition('/plan/')[0]}/board/?week={monday:%G-W%V}&size=compact")
    film.show("The week of twenty people is planned.", 3000)

    # A full day above the fold, and the first task on the board that its person doesn't have there.
    full = page.locator("td.cell.full").first
    has = full.locator(".chip").all_inner_texts()
    chip = next(one for one in page.locator("td.cell .chip").all() if one.inner_text() not in has)
    chip.hover()
    page.mouse.down()
    box = full.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
    film.show("While you drag a task, days say where it would not fit.", 2500)
    page.mouse.up()
    film.show("A day that is full refuses, and says what to do instead.", 4000)


def main() -> None:
    """Make the film."""
    call_command("migrate", verbosity=0)
    admin = User.objects.create(
        username="tara", first_name="Tara", last_name="Quinn", is_admin=True, is_taskmaster=True
    )
    admin.set_password(PASSWORD)
    admin.save()
    today = permissions.today()
    monday = today + datetime.timedelta(days=7 - today.weekday())
    with start_server(workers=1, threads=4) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
        film = Film(context.new_page())
        film.page.goto(f"http://localhost:{server.port}/")
        plan(film, monday, admin)
        film.save(FILM)
        browser.close()


if __name__ == "__main__":
    main()
