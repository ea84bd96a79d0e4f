"""The program of `bin/film`: plans the first week of a new ToGo for twenty people, and films it.

Each step is a frame of docs/screenshots/first-week.gif; with a folder as its argument, it also saves each as a PNG
there.
"""

import datetime
import os
import shutil
import sys
from pathlib import Path

from tests import environment, mid_week  # noqa: F401  (before Django's settings are read)

mid_week.begin()
os.environ["DJANGO_SETTINGS_MODULE"] = "togo.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django

django.setup()

from django.core.management import call_command
from playwright.sync_api import sync_playwright

from apps.models import User
from apps.services.shared import permissions
from lab.processes import start_server
from tests.first_week import PASSWORD, Film, plan

FILM = Path(__file__).resolve().parent.parent / "docs" / "screenshots" / "first-week.gif"
SIZE = {"width": 1280, "height": 800}


def main() -> None:
    """Make the film."""
    call_command("migrate", verbosity=0)
    admin = User(username="tara", first_name="Tara", last_name="Quinn", is_admin=True, is_taskmaster=True)
    admin.set_password(PASSWORD)
    admin.save()
    today = permissions.today()
    monday = today + datetime.timedelta(days=7 - today.weekday())
    with (
        start_server(workers=1, threads=4, application=mid_week.APPLICATION) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
        film = Film(context.new_page())
        film.page.goto(f"http://localhost:{server.port}/")
        plan(film, monday, admin)
        browser.close()
    film.save(FILM)
    print(f"docs/screenshots/{FILM.name}: {len(film.frames)} frames, {FILM.stat().st_size / 1000:.0f} kB")
    for number, frame in enumerate(film.frames if len(sys.argv) > 1 else [], 1):
        path = Path(sys.argv[1]) / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.save(path)


if __name__ == "__main__":
    main()
