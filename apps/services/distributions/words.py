"""Why a plan is as it is, in words.

A plan stores codes with what they need, so that its pages are in the reader's language and its answers English.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, npgettext

from apps.services.shared import units

Why = Mapping[str, Any]

# Why an assignment is where it is.
_PLACED = {
    "only_one": _("Only %(person)s may do it."),
    "no_other": _("Nobody else who may do it has room left."),
    "room": _("%(person)s has room, and is %(busy)s busy with it."),
    "as_busy": _("%(busy)s busy with it; nobody else with room would be less busy."),
    "less_busy": _("%(busy)s busy with it; anybody else with room would be %(others)s busy or more."),
    "first_date": _("It is the first date that it may have."),
    "no_earlier": _("No earlier day has room left for it."),
    "room_on_day": _("It has room on this day."),
}


def in_words(why: Why | str) -> str:
    """A reason as a sentence. A plan that a version before this one stored has the sentence itself."""
    if isinstance(why, str):
        return why
    code = why["code"]
    return _LEFT[code](why) if code in _LEFT else str(_PLACED[code]) % why


def _no_room(why: Why) -> str:
    text = ngettext(
        "None of the %(days)s day of the people who may do it has %(amount)s left.",
        "None of the %(days)s days of the people who may do it has %(amount)s left.",
        why["days"],
    )
    return text % {"days": f"{why['days']:,}", "amount": units.amount(why["effort"])}


def _only_full_days(why: Why) -> str:
    text = ngettext(
        "%(tasks)s task may only go to days without room.",
        "%(tasks)s tasks may only go to days without room.",
        why["wanted"],
    )
    return text % _shown(why)


def _only_once(why: Why) -> str:
    text = ngettext(
        "%(tasks)s task finds only %(places)s, because nobody gets the same task twice a day.",
        "%(tasks)s tasks find only %(places)s, because nobody gets the same task twice a day.",
        why["wanted"],
    )
    return text % _shown(why)


def _few_days(why: Why) -> str:
    text = ngettext(
        "%(tasks)s task may only go to %(days)s, with room for %(room)s.",
        "%(tasks)s tasks may only go to %(days)s, with room for %(room)s.",
        why["wanted"],
    )
    return text % _shown(why)


def _few_days_and_once(why: Why) -> str:
    text = ngettext(
        "%(tasks)s task may go to %(days)s, with room for %(room)s, and finds only %(once)s more elsewhere, because "
        "nobody gets the same task twice a day.",
        "%(tasks)s tasks may go to %(days)s, with room for %(room)s, and find only %(once)s more elsewhere, because "
        "nobody gets the same task twice a day.",
        why["wanted"],
    )
    return text % _shown(why)


def _shown(why: Why) -> dict[str, Any]:
    days, once = why["days"], why["once"]
    # Translators: these numbers stand in the sentences that begin with a number of tasks.
    places = npgettext("find only …", "%(number)s place", "%(number)s places", once)
    dates = npgettext("may go to …", "%(number)s day", "%(number)s days", days)
    return {
        "tasks": f"{why['wanted']:,}",
        "days": dates % {"number": f"{days:,}"},
        "places": places % {"number": f"{once:,}"},
        "room": why["room"],
        "once": once,
    }


# Why tasks are left: the sentence of each code.
_LEFT: dict[str, Callable[[Why], str]] = {
    "no_room": _no_room,
    "only_full_days": _only_full_days,
    "only_once": _only_once,
    "few_days": _few_days,
    "few_days_and_once": _few_days_and_once,
}
