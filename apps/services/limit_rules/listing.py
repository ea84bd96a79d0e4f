"""Reads the rules for the page that lists them."""

import datetime
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from django.db.models import Q, SmallIntegerField, Value
from django.db.models.functions import Coalesce

from apps.models import LimitRule, User
from apps.models.base import holds
from apps.models.names import tidy
from apps.services import limit_rules
from apps.services.limit_rules import words
from apps.services.shared import keyset, permissions

PER_PAGE = 100


class RulesPage(NamedTuple):
    """Some rules, each with its sentence. `following` and `preceding` are as in the catalogue of tasks."""

    rows: list[tuple[LimitRule, str]]
    following: int | None
    preceding: int | None


# By whom a rule is for, its first date and its weekday; what a rule leaves open comes first.
_ORDER = [
    Coalesce("user__username", Value("")),
    Coalesce("date_from", Value(datetime.date.min)),
    # Django takes for granted that a weekday is never below 0.
    Coalesce("weekday", Value(-1), output_field=SmallIntegerField()),
]


def page(*, actor: User, text: str, past: bool, after: int | None = None, before: int | None = None) -> RulesPage:
    """A page of the rules whose days are all past, or of the others: those for everyone first, then by username. With
    `text` those for people with it in their names, or with it as part of the reason. Raises `NotAllowed`."""
    rules = limit_rules.all_rules(actor=actor).select_related("user")
    over = Q(date_to__lt=permissions.today())
    rules = rules.filter(over) if past else rules.filter(Q(date_to__isnull=True) | ~over)
    if text.strip():
        rules = rules.filter(Q(user__in=User.objects.search(text)) | holds("reason", tidy(text)))
    found, edges = keyset.page_of(rules, by=_ORDER, after=after, before=before, size=PER_PAGE)
    return RulesPage([(rule, words.sentence(rule)) for rule in found], *edges)


def names_of(
    first: datetime.date, last: datetime.date, rules: Iterable[LimitRule] | None = None
) -> dict[datetime.date, str]:
    """What the dates from `first` to `last` are called: the reason of the newest rule for everyone that takes them off,
    or that is for this date alone. Other dates are left out. `rules` are those of the dates, if the caller has read
    them already."""
    found = LimitRule.objects.of_everyone(first, last) if rules is None else rules
    names = {}
    for rule in sorted((rule for rule in found if rule.names_days), key=attrgetter("pk")):
        begin, end = max(first, rule.date_from or first), min(last, rule.date_to or last)
        for offset in range((end - begin).days + 1):
            names[begin + datetime.timedelta(days=offset)] = rule.reason
    return names
