"""Picks the limit of a person's day from the rules. The most specific rule wins."""

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.models.limit_rules import LimitRule, RulesVersion
from apps.models.limits import Source
from apps.models.users import User

# The most specific level first; how a rule gets to its level is in `level`. When you change the
# order, add 10**12 to `ORDER`.
_LEVELS = [
    Source.PERSON_RANGE,
    Source.EVERYONE_RANGE,
    Source.PERSON_WEEKDAY,
    Source.EVERYONE_WEEKDAY,
    Source.PERSON,
    Source.EVERYONE,
]
# Added to the version of the rules. Days that were picked in an older order thus have a lower version and are picked
# again, even if an old ToGo picks some more of them while the new one is being rolled out.
ORDER = 1 * 10**12


@dataclass(frozen=True, slots=True)
class Pick:
    """A maximum, and where it came from."""

    maximum: int
    kind: str
    rule: int | None = None
    reason: str = ""


class Picker:
    """Picks limits from the rules that it was given; `version` is the version of these rules, or an older one."""

    def __init__(self, version: int, rules: Iterable[LimitRule]) -> None:
        self.version = version
        self._rules: dict[int | None, list[LimitRule]] = defaultdict(list)
        for rule in sorted(rules, key=_specificity):
            self._rules[rule.user_id].append(rule)

    def pick(self, user_id: int, date: datetime.date) -> Pick:
        """The limit that the rules give this person on this date."""
        if isinstance(settings.TOGO_LIMIT_PICKER, tuple):
            return _pick_at_random(user_id, date, *settings.TOGO_LIMIT_PICKER)
        matches = (
            rule
            for owner in (user_id, None)
            if (rule := next((rule for rule in self._rules.get(owner, ()) if _applies(rule, date)), None))
        )
        best = min(matches, key=_specificity, default=None)
        if best is None:
            return Pick(settings.TOGO_DEFAULT_DAILY_LIMIT, Source.DEFAULT)
        return Pick(best.maximum, level(best), best.pk, best.reason)

    def applying(self, user_id: int, date: datetime.date) -> list[LimitRule]:
        """All rules for this person's date, the one that wins first."""
        both = [*self._rules.get(user_id, ()), *self._rules.get(None, ())]
        return sorted((rule for rule in both if _applies(rule, date)), key=_specificity)


def current_version() -> int:
    """A number that grows with every change of the rules, and with every change of the order of the levels."""
    changes = RulesVersion.objects.filter(pk=RulesVersion.ONLY).values_list("version", flat=True).first() or 1
    return ORDER + changes


def load(user_ids: Iterable[int], first: datetime.date, last: datetime.date) -> Picker:
    """A picker for these people and the dates from `first` to `last`.

    It reads the version before the rules. If the rules change in between, the days that it picks count as outdated,
    and are picked again.
    """
    version = current_version()
    return Picker(version, rules_for(user_ids, first, last))


def load_to_tell(user_ids: Iterable[int], first: datetime.date, last: datetime.date) -> Picker:
    """The same, but without a version: use it to show limits, and never to store them."""
    return Picker(0, rules_for(user_ids, first, last))


def with_limits_of_their_own(people: "QuerySet[User, int]", first: datetime.date, last: datetime.date) -> list[int]:
    """The people (ids) who may have another limit than everybody else on some date from `first` to `last`.

    A picker gives all other people the same limits.
    """
    if isinstance(settings.TOGO_LIMIT_PICKER, tuple):
        return list(people)
    return list(people.filter(pk__in=about_people(first, last).values("user")))


def about_people(first: datetime.date, last: datetime.date) -> "QuerySet[LimitRule]":
    """The rules for single people that are valid on some of these dates."""
    return LimitRule.objects.filter(_is_valid_between(first, last), user__isnull=False)


def rules_for(user_ids: Iterable[int], first: datetime.date, last: datetime.date) -> Iterable[LimitRule]:
    """The rules that pick the limits of these people from `first` to `last`."""
    people = list(user_ids)
    if len(people) == 1:
        return LimitRule.objects.for_person(people[0], first, last)
    whose = Q(user__isnull=True) | Q(user__in=people)
    return LimitRule.objects.filter(whose, _is_valid_between(first, last))


def _is_valid_between(first: datetime.date, last: datetime.date) -> Q:
    begun = Q(date_from__isnull=True) | Q(date_from__lte=last)
    return begun & (Q(date_to__isnull=True) | Q(date_to__gte=first))


def level(rule: LimitRule) -> Source:
    """How specific the rule is."""
    whose = "person" if rule.user_id else "everyone"
    # One date alone only bounds when the rule is valid: it doesn't make the rule a range.
    if rule.date_from and rule.date_to:
        return Source(f"{whose}_range")
    return Source(whose if rule.weekday is None else f"{whose}_weekday")


def _specificity(rule: LimitRule) -> tuple[int, bool, int]:
    return _LEVELS.index(level(rule)), rule.weekday is None, -rule.pk


def _applies(rule: LimitRule, date: datetime.date) -> bool:
    return (
        (rule.weekday is None or rule.weekday == date.weekday())
        and (rule.date_from is None or rule.date_from <= date)
        and (rule.date_to is None or date <= rule.date_to)
    )


def _pick_at_random(user_id: int, date: datetime.date, low: int, high: int) -> Pick:
    """A pseudo-random limit: always the same one for the same person and date."""
    digest = hashlib.sha256(f"{user_id} {date.isoformat()}".encode()).digest()
    return Pick(low + int.from_bytes(digest[:8]) % (high - low + 1), Source.RANDOM)
