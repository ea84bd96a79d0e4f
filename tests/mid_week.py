"""Lets pictures be taken on the Wednesday of this week: on other days they would show a week that is over, or a day
off.

The program sets its own clock with `begin`, and serves `APPLICATION`, which sets the clock of the web server.
"""

import datetime
import os

import time_machine

APPLICATION = "tests.mid_week:application"


def begin() -> None:
    """Set this process's clock to ten o'clock on Wednesday; it goes on from there."""
    now = datetime.datetime.now(datetime.UTC)
    wednesday = now.replace(hour=10, minute=0) + datetime.timedelta(days=2 - now.weekday())
    time_machine.travel(wednesday, tick=True).start()


def __getattr__(name: str) -> object:
    """The web server's application, made when the server asks for it."""
    if name != "application":
        raise AttributeError(name)
    begin()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
    from togo.wsgi import application

    return application
