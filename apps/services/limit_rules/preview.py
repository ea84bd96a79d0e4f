"""What a new, changed or ended rule would do, before it is written. Nothing here writes.

The same picker decides that sets limits, once with the rules as they are and once as they would be.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from django.utils.translation import ngettext

from apps.models import DailyLimit, LimitRule, User
from apps.models.limits import Source
from apps.services.limit_rules import RuleFields, words
from apps.services.shared import formats, permissions, picking
from apps.services.shared.formats import HIGHEST_ID

WEEKS = 5
# Stands for everybody who has no rules of their own.
_NOBODY = 0


class DayEffect(NamedTuple):
    """A date, its limit now and as it would be, and whether the rule decides it then."""

    date: datetime.date
    before: picking.Pick
    after: picking.Pick
    is_decided: bool

    @property
    def changes(self) -> bool:
        """Whether the limit would be another one."""
        return self.before.maximum != self.after.maximum


class Effect(NamedTuple):
    """The effect on five weeks: the days of the person, or of everybody without rules of their own; which other rules
    are for the same days; and the number of `people` and of their `days` that change. On `over` of these days more is
    assigned than the new limit allows, and `by_hand` days stay as somebody set them."""

    person: User | None
    weeks: list[list[DayEffect]]
    overlaps: list[str]
    people: int
    days: int
    over: int
    by_hand: int


def as_it_would_be(old: LimitRule | None, fields: RuleFields) -> LimitRule:
    """The rule with these fields, unsaved. A new one comes after all others."""
    return LimitRule(pk=old.pk if old else HIGHEST_ID, **fields)


def effect(*, actor: User, old: LimitRule | None, new: LimitRule | None) -> Effect:
    """What happens if `old` becomes `new`: None for `old` is a new rule, and None for `new` an ended one. The five
    weeks begin today, or with the first day of the rule. Raises `NotAllowed`."""
    permissions.require_taskmaster(actor)
    rule = new or old
    assert rule
    first = formats.week_of(max(permissions.today(), rule.date_from or permissions.today()))
    dates = [first + datetime.timedelta(days=offset) for offset in range(7 * WEEKS)]
    own, others = _affected([one for one in (old, new) if one], dates)
    shown = rule.user_id or _NOBODY

    now = list(picking.rules_for({*own, shown}, dates[0], dates[-1]))
    kept = [one for one in now if old is None or one.pk != old.pk]
    before, after = picking.Picker(0, now), picking.Picker(0, [*kept, new] if new else kept)
    days = [
        DayEffect(date, before.pick(shown, date), pick := after.pick(shown, date), bool(new and pick.rule == new.pk))
        for date in dates
    ]
    changes = _changes(before, after, own, dates)
    of_all_others = _changes(before, after, {_NOBODY} if others else (), dates)
    of_others = {date: limit for (_, date), limit in of_all_others.items()}
    over, by_hand = _stay(changes, of_others, own)
    return Effect(
        person=User.objects.get(pk=shown) if shown else None,
        weeks=[days[start : start + 7] for start in range(0, len(days), 7)],
        overlaps=list(_overlaps(after, new, shown, [date for date in dates if date >= permissions.today()]))
        if new
        else [],
        people=len({user_id for user_id, _ in changes}) + (others if of_others else 0),
        days=len(changes) + others * len(of_others),
        over=over,
        by_hand=by_hand,
    )


def _affected(rules: list[LimitRule], dates: list[datetime.date]) -> tuple[set[int], int]:
    """The active people whose limits these rules may change and who have rules of their own, and the number of others
    whose limits they may change: these all have the same ones."""
    people = User.objects.active().values_list("pk", flat=True)
    own = set(people.filter(pk__in=[one.user_id for one in rules if one.user_id]))
    if all(one.user_id for one in rules):
        return own, 0
    own |= set(picking.with_limits_of_their_own(people, dates[0], dates[-1]))
    return own, people.exclude(pk__in=own).count()


def _changes(
    before: picking.Picker, after: picking.Picker, people: Collection[int], dates: list[datetime.date]
) -> dict[tuple[int, datetime.date], int]:
    """The new limit of each of these people's days whose limit changes."""
    today = permissions.today()
    return {
        (user_id, date): limit
        for user_id in people
        for date in dates
        if date >= today and before.pick(user_id, date).maximum != (limit := after.pick(user_id, date).maximum)
    }


def _stay(
    changes: dict[tuple[int, datetime.date], int], of_others: dict[datetime.date, int], own: set[int]
) -> tuple[int, int]:
    """How many of the days that change have more than their new limit, and how many are set by hand."""
    dates = {date for _, date in changes} | set(of_others)
    if not dates:
        return 0, 0
    lowest = min([*changes.values(), *of_others.values()])
    days = DailyLimit.objects.filter(user__is_active=True, date__in=dates)
    full = days.filter(taken__gt=lowest).exclude(source_kind=Source.HAND).values_list("user", "date", "taken")

    def limit_of(user_id: int, date: datetime.date) -> int | None:
        return changes.get((user_id, date)) if user_id in own else of_others.get(date)

    over = sum(taken > limit for user_id, date, taken in full if (limit := limit_of(user_id, date)) is not None)
    by_hand = days.filter(source_kind=Source.HAND).values_list("user", "date")
    return over, sum(limit_of(*day) is not None for day in by_hand)


def _overlaps(picker: picking.Picker, rule: LimitRule, user_id: int, dates: Iterable[datetime.date]) -> Iterator[str]:
    """Which other rules are for days of this one, and which of the two wins."""
    wins: Counter[LimitRule] = Counter()
    loses: Counter[LimitRule] = Counter()
    for date in dates:
        applying = picker.applying(user_id, date)
        if rule not in applying:
            continue
        if applying[0] == rule:
            wins.update(applying[1:])
        else:
            loses[applying[0]] += 1
    for other, number in loses.most_common():
        text = ngettext(
            "“%(rule)s” wins on %(number)d day: %(why)s.", "“%(rule)s” wins on %(number)d days: %(why)s.", number
        )
        yield text % {"rule": words.sentence(other), "number": number, "why": words.why_first(other, rule)}
    for other, number in wins.most_common():
        text = ngettext(
            "It wins over “%(rule)s” on %(number)d day: %(why)s.",
            "It wins over “%(rule)s” on %(number)d days: %(why)s.",
            number,
        )
        yield text % {"rule": words.sentence(other), "number": number, "why": words.why_first(rule, other)}
