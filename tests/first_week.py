"""A new ToGo's first week, planned for twenty people on its pages: the story of `bin/film`, which a test runs, too."""

import datetime
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Locator, Page

from apps.models import User
from apps.models.tasks import Color
from apps.services import tasks, users

PASSWORD = "correct horse battery staple"
NAMES = [
    "Aiko Tanaka", "Amir Haddad", "Chidi Okafor", "Elena Rossi", "Jonas Weber", "Lucia Vega", "Maria Lindqvist",
    "Noor Bakker", "Omar Farouk", "Priya Nair", "Sven Larsen", "Zoe Martin", "Ben Adler", "Dora Kiss", "Emil Novak",
    "Fatima Zaki", "Goran Ilic", "Hana Sato", "Ivo Marek",
]  # fmt: skip
# What there is to do in the week, and how often: with four tasks a day, nine tenths of what twenty people can take.
PILE = {"Front desk": 80, "Repair brakes": 80, "True wheels": 70, "Test rides": 65, "Deliver bikes": 65}
SHOWN = (960, 600)
_CAPTION = 40
_INK, _PAPER, _MARK = "#17313b", "#ffffff", "#d6336c"


@dataclass
class Film:
    """The frames so far, and how long each is shown, in milliseconds. Without `is_taken` there are none."""

    page: Page
    is_taken: bool = True
    frames: list[Image.Image] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def show(self, caption: str, seconds: float = 2, *, at: Locator | None = None) -> None:
        """Take a frame, with a ring around what is clicked next."""
        if not self.is_taken:
            return
        self.page.wait_for_timeout(300)
        whole = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        scale = SHOWN[0] / whole.width
        frame = Image.new("RGB", (SHOWN[0], SHOWN[1] + _CAPTION), _INK)
        frame.paste(whole.resize(SHOWN, Image.Resampling.LANCZOS))
        draw = ImageDraw.Draw(frame)
        if at and (box := at.bounding_box()):
            edges = (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
            left, top, right, bottom = (scale * edge for edge in edges)
            draw.rounded_rectangle((left - 5, top - 5, right + 5, bottom + 5), 8, outline=_MARK, width=3)
        draw.text((16, SHOWN[1] + 8), caption, fill=_PAPER, font=ImageFont.load_default(size=20))
        self.frames.append(frame)
        self.times.append(int(1000 * seconds))

    def click(self, what: Locator, caption: str, seconds: float = 2) -> None:
        """Take a frame that marks this control, then click it."""
        what.scroll_into_view_if_needed()
        self.show(caption, seconds, at=what)
        what.click()

    def save(self, path: Path) -> None:
        """Write the film as a GIF, whose frames share their colours."""
        colors = _palette(self.frames)
        pictures = [frame.quantize(palette=colors, dither=Image.Dither.NONE) for frame in self.frames]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=self.times, loop=0, optimize=True)


def _palette(frames: list[Image.Image]) -> Image.Image:
    """The colours of all frames together. What is small has colours that nothing else has, so that rare ones count for
    more than their share."""
    counts: Counter[Any] = Counter()
    for frame in frames:
        counts.update({color: count for count, color in frame.getcolors(frame.width * frame.height)})
    sample = [color for color, count in counts.items() for _ in range(round(count**0.6))]
    picture = Image.new("RGB", (len(sample), 1))
    picture.putdata(sample)
    return picture.quantize(255, kmeans=3)


def plan(film: Film, monday: datetime.date, admin: User) -> None:
    """From the sign-in of the first admin to a planned week, and a task too many."""
    steps: list[Callable[[Film, datetime.date, User], None]] = [_people, _rules, _tasks, _week, _too_many]
    for step in steps:
        step(film, monday, admin)


def _people(film: Film, monday: datetime.date, admin: User) -> None:
    page = film.page
    page.get_by_label("Username").fill(admin.username)
    page.get_by_label("Password").fill(PASSWORD)
    film.click(page.get_by_role("button", name="Sign in"), "A new ToGo, and its first admin.")
    page.get_by_role("link", name="Board", exact=True).click()
    film.click(page.get_by_role("link", name="Add whoever gets tasks"), "The empty board says what comes first.", 2.5)
    first, *others = NAMES
    given, _, family = first.partition(" ")
    page.get_by_label("Given name").fill(given)
    page.get_by_label("Family name").fill(family)
    page.get_by_label("Username").fill(given.lower())
    film.click(page.get_by_role("button", name="Add", exact=True), "1. People. Add somebody …")
    film.show("… and send them the link with which they choose a password.")
    for name in others:
        given, _, family = name.partition(" ")
        users.create_user(actor=admin, username=given.lower(), password=None, first_name=given, last_name=family)
    page.get_by_role("link", name="People", exact=True).click()
    film.show("Eighteen more in the same way, or through the API.")


def _rules(film: Film, monday: datetime.date, admin: User) -> None:
    page = film.page
    page.get_by_role("link", name="Rules", exact=True).click()
    for maximum, weekday, reason in [(4, "", "Full time"), (0, "5", "Weekend"), (0, "6", "Weekend")]:
        page.get_by_role("link", name="New rule").click()
        page.get_by_role("radio", name="Everyone").check()
        page.get_by_label("At most").fill(str(maximum))
        page.locator("[name=weekday]").select_option(weekday)
        page.get_by_label("Reason").fill(reason)
        button = page.get_by_role("button", name="Make the rule")
        if weekday:
            button.click()
        else:
            film.click(button, "2. Limits. Nobody gets more than four tasks on a day …", 2.5)
    page.get_by_text("Sundays: off").first.wait_for()
    film.show("… and weekends are off.")


def _tasks(film: Film, monday: datetime.date, admin: User) -> None:
    for name, color in zip(PILE, Color.values[::2], strict=False):
        tasks.create_task(actor=admin, name=name, color=color)
    film.page.get_by_role("link", name="Tasks", exact=True).click()
    film.show("3. Tasks have a name and a colour; notes, links and deadlines if you like.")


def _week(film: Film, monday: datetime.date, admin: User) -> None:
    page = film.page
    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_text("Paste from a spreadsheet").click()
    page.get_by_label("Rows from a spreadsheet").fill("\n".join(f"{task}\t{count}" for task, count in PILE.items()))
    page.get_by_label("From", exact=True).fill(monday.isoformat())
    page.get_by_label("To", exact=True).fill((monday + datetime.timedelta(days=4)).isoformat())
    film.click(
        page.get_by_role("button", name="Propose a plan"), "4. The week. Paste what there is to do: 360 tasks.", 3
    )
    page.get_by_role("heading", name="The proposed plan").wait_for()
    assign = page.get_by_role("button", name="Assign what isn’t ticked")
    film.click(assign, "ToGo proposes who does what and when, and shares it out evenly.", 3)
    page.get_by_text("tasks assigned").first.wait_for()
    page.goto(f"{page.url.partition('/board/')[0]}/board/?week={monday:%G-W%V}&size=compact")
    film.show("The week of twenty people is planned.", 4)


def _too_many(film: Film, monday: datetime.date, admin: User) -> None:
    """Drag a task from the tray onto a day that is full and doesn't have it."""
    page = film.page
    full, task = _full_day(page)
    page.get_by_role("complementary", name="Tasks").get_by_role("button", name=task, exact=True).hover()
    page.mouse.down()
    box = full.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
    page.locator(".cell[data-answer=full]").first.wait_for()
    film.show("One more? While you drag a task, days say where it doesn’t fit.", 3.5)
    page.mouse.up()
    page.get_by_role("dialog").get_by_role("alert").wait_for()
    film.show("A full day refuses, and says what to do instead.", 6)


def _full_day(page: Page) -> tuple[Locator, str]:
    """The first full day that lacks a task, and that task."""
    for cell in page.locator("td.cell.full").all():
        has = set(cell.locator(".chip").all_text_contents())
        for task in PILE:
            if not any(task in text for text in has):
                return cell, task
    raise AssertionError("no day is full and lacks a task")
