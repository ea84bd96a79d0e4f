"""People in words."""

from collections.abc import Sequence

from django.template import Library
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy

from apps.forms.users import ROLES, role_of
from apps.models import DailyLimit, User
from apps.services.shared import lists, units
from apps.services.users import team

register = Library()

_OFF = pgettext_lazy("a day", "off")
# Of a bar, in units of its picture.
_WIDTH, _HEIGHT = 10, 24


@register.filter
def role(person: User) -> str:
    """The person's highest role."""
    return str(ROLES[role_of(person)][0])


@register.filter
def week_in_words(week: Sequence[int]) -> str:
    """The usual limits of a week: `4 a day`, or `Mon–Fri 4, Sat–Sun off`."""
    if not week:
        return gettext("picked at random")
    runs = team.runs_of(week)
    if len(runs) == 1:
        return gettext("%(amount)s a day") % {"amount": units.short(week[0])} if week[0] else gettext("always off")
    return lists.joined(f"{_days(first, last)} {units.short(limit) if limit else _OFF}" for first, last, limit in runs)


def _days(first: int, last: int) -> str:
    """Days of the week by number, shortly: `Mon–Fri`."""
    return "–".join(str(WEEKDAYS_ABBR[day]) for day in dict.fromkeys((first, last)))


@register.simple_tag
def bars(days: Sequence[DailyLimit]) -> SafeString:
    """A bar for each day: how much of its limit is taken. Days off have none.

    Two paths instead of two elements for each day: a page has many people.
    """
    limits, taken = [], []
    for place, day in enumerate(days):
        if not day.maximum:
            continue
        left = place * _WIDTH
        limits.append(f"M{left} 0h{_WIDTH - 2}v{_HEIGHT}h-{_WIDTH - 2}z")
        if height := min(_HEIGHT, -(-_HEIGHT * day.taken // day.maximum)):
            taken.append(f"M{left} {_HEIGHT - height}h{_WIDTH - 2}v{height}h-{_WIDTH - 2}z")
    load = units.part(sum(day.taken for day in days), sum(day.maximum for day in days))
    words = gettext("%(load)s in two weeks") % {"load": load}
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<title>{}</title><path class="all" d="{}"/><path class="taken" d="{}"/></svg>',
        *(len(days) * _WIDTH, _HEIGHT, words, words, "".join(limits), "".join(taken)),
    )
