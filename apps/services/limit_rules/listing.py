"""Reads the rules for the page that lists them."""

import datetime
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from django.db.models import F, Q

from apps.models import LimitRule, User
from apps.models.base import holds
from apps.models.names import tidy
from apps.services import limit_rules
from apps.services.limit_rules import words
from apps.services.shared import permissions

PER_PAGE = 100


class RulesPage(NamedTuple):
    """Some rules, each with its sentence; the numbers of the pages before and after, 0 if there is none."""

    rows: list[tuple[LimitRule, str]]
    preceding: int
    following: int


def page(*, actor: User, text: str, past: bool, number: int) -> RulesPage:
    """A page of the rules whose days are all past, or of the others: those for everyone first, then by username. With
    `text` those for people with it in their names, or with it as part of the reason. Raises `NotAllowed`."""
    rules = limit_rules.all_rules(actor=actor).select_related("user")
    over = Q(date_to__lt=permissions.today())
    rules = rules.filter(over) if past else rules.filter(Q(date_to__isnull=True) | ~over)
    if text.strip():
        rules = rules.filter(Q(user__in=User.objects.search(text)) | holds("reason", tidy(text)))
    first = (F("user__username").asc(nulls_first=True), F("date_from").asc(nulls_first=True))
    start = PER_PAGE * (number - 1)
    found = list(rules.order_by(*first, "weekday", "pk")[start : start + PER_PAGE + 1])
    rows = [(rule, words.sentence(rule)) for rule in found[:PER_PAGE]]
    return RulesPage(rows, number - 1, number + 1 if len(found) > PER_PAGE else 0)


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
