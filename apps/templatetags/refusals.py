"""Refusals in lists that name the date already."""

from django.template import Library
from django.utils.translation import gettext, ngettext

from apps.exceptions.assignments import AlreadyAssigned, DailyLimitReached
from apps.exceptions.base import ToGoError
from apps.exceptions.limits import LimitBelowTaken
from apps.services import board
from apps.services.shared import dates, units

register = Library()


@register.filter
def briefly(refusal: ToGoError) -> str:
    """Why it is refused, without the date: `5 of 5 tasks are taken. The next free day is Thu 3 Dec.`"""
    data = refusal.data
    if isinstance(refusal, AlreadyAssigned):
        return gettext("has this task already")
    if isinstance(refusal, LimitBelowTaken):
        taken = data["taken"]
        text = ngettext("%(amount)s is taken already", "%(amount)s are taken already", taken)
        return text % {"amount": units.amount(taken)}
    if not isinstance(refusal, DailyLimitReached) or (data["maximum"] and data["remaining"] >= data["effort"]):
        # In the last case the room is promised to earlier tasks of the same request: the refusal says so.
        return refusal.detail
    reason = data["source"]["reason"]
    if data["maximum"]:
        text = ngettext("%(part)s is taken.", "%(part)s are taken.", data["taken"])
        if data["effort"] > 1:
            text = ngettext(
                "%(part)s is taken, and this takes %(effort)s.",
                "%(part)s are taken, and this takes %(effort)s.",
                data["taken"],
            )
        text %= {"part": units.part(data["taken"], data["maximum"]), "effort": units.short(data["effort"])}
    else:
        text = gettext("This day is off (%(reason)s).") % {"reason": reason} if reason else gettext("This day is off.")
    free = board.next_free_date(refusal)
    if not free:
        return text
    advice = gettext("The next free day is %(date)s.") % {"date": dates.written(free, "D j M")}
    return f"{text} {advice}"
