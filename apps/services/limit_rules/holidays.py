"""Proposes the public holidays of a country or region as rules for everyone.

They become ordinary rules when somebody agrees, and are never computed afterwards. The library `holidays` is imported
where it is used: it takes long, and only this page needs it.
"""

import datetime
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.conf.locale import LANG_INFO
from django.db.models import Count
from django.utils.translation import get_language, gettext

from apps.exceptions.base import InvalidRequest
from apps.models import Assignment, LimitRule, User
from apps.models.assignments import Status
from apps.models.limit_rules import LONGEST_REASON
from apps.services import limit_rules
from apps.services.limit_rules import RuleFields, words
from apps.services.shared import permissions
from apps.services.shared.dates import in_text

if TYPE_CHECKING:
    from holidays.holiday_base import HolidayBase

YEARS_AHEAD = 5
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Place(NamedTuple):
    """A country, or a region of one, with its code: `DE`, `BY`."""

    code: str
    name: str


class Proposal(NamedTuple):
    """A holiday: the rules for everyone on this date, in words; whether one of them is for this date alone, so that
    nothing is left to make; and the number of open tasks, which stay."""

    date: datetime.date
    name: str
    rules: list[str]
    is_there: bool
    tasks: int


def countries() -> list[Place]:
    """All countries, by their English names."""
    return sorted((Place(code, _in_words(name)) for code, name in _classes().items()), key=lambda place: place.name)


def regions(country: str) -> list[Place]:
    """The country's regions that have holidays of their own, by name."""
    found = _class_of(country)
    names = {code: name for name, code in found.subdivisions_aliases.items()}
    return sorted((Place(code, names.get(code, code)) for code in found.subdivisions), key=lambda place: place.name)


def languages(country: str) -> list[Place]:
    """The languages in which the country's holidays have names, the reader's first, then the country's own. Empty if
    there is only one."""
    found = _class_of(country)
    known = found.supported_languages
    reader = (get_language() or "en").split("-")[0]
    first = [*(code for code in known if code.split("_")[0] == reader), found.default_language, *known]
    return [Place(code, _language(code)) for code in dict.fromkeys(first) if code in known]


def proposals(*, actor: User, country: str, region: str, year: int, language: str) -> list[Proposal]:
    """The holidays of a year from today on, by date. Raises `NotAllowed`, and `InvalidRequest` for an unknown country,
    region or language."""
    permissions.require_taskmaster(actor)
    names = _names(country, region, year, language)
    if not names:
        return []
    first, last = min(names), max(names)
    rules = list(LimitRule.objects.of_everyone(first, last).order_by("pk"))
    open_tasks = Assignment.objects.shown(first, last, status=Status.OPEN).filter(daily_limit__user__is_active=True)
    tasks = dict(open_tasks.values_list("daily_limit__date").annotate(number=Count("pk")).order_by())

    def proposal(date: datetime.date, name: str) -> Proposal:
        there = [rule for rule in rules if rule.date_from and rule.date_to and rule.date_from <= date <= rule.date_to]
        is_there = any(rule.date_from == rule.date_to for rule in there)
        return Proposal(date, name, [_rule(rule) for rule in there], is_there, tasks.get(date, 0))

    return [proposal(date, names[date]) for date in sorted(names)]


def make(
    *,
    actor: User,
    country: str,
    region: str,
    year: int,
    language: str,
    dates: Collection[datetime.date],
    maximum: int,
) -> list[LimitRule]:
    """Make a rule for everyone of each of these holidays, all in one transaction. A date that has one already is left
    out. Raises `NotAllowed`, and `InvalidRequest` for a date that is no holiday there, too."""
    permissions.require_taskmaster(actor)
    names = _names(country, region, year, language)
    if unknown := sorted(set(dates) - set(names)):
        raise InvalidRequest(gettext("%(date)s is no holiday there.") % {"date": in_text(unknown[0])})
    rules = [
        RuleFields(user_id=None, date_from=date, date_to=date, maximum=maximum, reason=names[date])
        for date in sorted(dates)
    ]
    return limit_rules.create_missing(actor=actor, rules=rules)


def _names(country: str, region: str, year: int, language: str) -> Mapping[datetime.date, str]:
    """The names of the holidays from today on."""
    found = _class_of(country)
    if region and region not in found.subdivisions:
        raise InvalidRequest(gettext("There is no such region."))
    if language and language not in found.supported_languages:
        raise InvalidRequest(gettext("There is no such language."))
    chosen = language or next((place.code for place in languages(country)), None) or found.default_language
    days = found(years=year, subdiv=region or None, language=chosen)
    today = permissions.today()
    return {date: name[:LONGEST_REASON] for date, name in days.items() if date >= today and date.year == year}


def _class_of(country: str) -> "type[HolidayBase]":
    import holidays

    name = _classes().get(country)
    if name is None:
        raise InvalidRequest(gettext("There is no such country."))
    # Other classes of the library have shorter names of the same countries.
    return getattr(holidays, name)  # type: ignore[no-any-return]


def _classes() -> dict[str, str]:
    """The name of the library's class for each country's code."""
    from holidays.registry import COUNTRIES

    return {code: name for name, code, *_ in COUNTRIES.values()}


def _in_words(name: str) -> str:
    """The name of a class as that of a country: `UnitedStates` as `United States`."""
    return _CAPITAL.sub(" ", name).replace(" And ", " and ").replace(" Of ", " of ").replace(" The ", " the ")


def _language(code: str) -> str:
    """What a language is called in itself."""
    known = LANG_INFO.get(code.split("_")[0], {})
    return str(known.get("name_local", code))


def _rule(rule: LimitRule) -> str:
    sentence = words.sentence(rule)
    return f"{sentence} ({rule.reason})" if rule.reason else sentence
