"""The most specific rule decides a day's limit."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.models import LimitRule, User
from apps.services import limit_rules, limits
from apps.services.shared import picking
from apps.services.shared.picking import Pick

pytestmark = pytest.mark.no_db

MONDAY, TUESDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 8)


def pick(person: User, day: date = MONDAY) -> Pick:
    return picking.load([person.pk], day, day).pick(person.pk, day)


def maximum(person: User, day: date = MONDAY) -> int:
    return pick(person, day).maximum


def levels(person: User) -> list[tuple[str, dict[str, Any]]]:
    """A rule for each level that fits that person's Monday, the most specific first."""
    week = {"date_from": MONDAY, "date_to": SUNDAY}
    return [
        ("person_range", {"user_id": person.pk, "maximum": 16, **week}),
        ("everyone_range", {"maximum": 15, **week}),
        ("person_weekday", {"user_id": person.pk, "maximum": 14, "weekday": 0}),
        ("everyone_weekday", {"maximum": 13, "weekday": 0}),
        ("person", {"user_id": person.pk, "maximum": 12}),
        ("everyone", {"maximum": 11}),
    ]


@pytest.mark.parametrize("step", [1, -1], ids=["the most specific made first", "the most specific made last"])
def test_the_most_specific_rule_wins_whenever_it_was_made(taskmaster: User, alice: User, step: int) -> None:
    rules = {
        kind: limit_rules.create_rule(actor=taskmaster, reason=f"because {kind}", **fields)
        for kind, fields in levels(alice)[::step]
    }

    for kind, fields in levels(alice):
        assert pick(alice) == Pick(fields["maximum"], kind, rules[kind].pk, f"because {kind}")
        limit_rules.delete_rule(actor=taskmaster, rule_id=rules[kind].pk)
    assert pick(alice) == Pick(5, "default", None, "")


def test_a_limit_set_by_hand_wins_over_every_rule(taskmaster: User, alice: User) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=7, reason="Just today")

    for _, fields in levels(alice):
        limit_rules.create_rule(actor=taskmaster, **fields)

    day = limits.today_of(alice)
    assert (day.maximum, day.source) == (7, {"kind": "hand", "rule": None, "reason": "Just today"})


def test_a_rule_for_someone_else_does_not_count(taskmaster: User, alice: User, stranger: User) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=stranger.pk, maximum=1)
    limit_rules.create_rule(actor=taskmaster, user_id=stranger.pk, date_from=MONDAY, date_to=MONDAY, maximum=2)

    assert (maximum(alice), maximum(stranger)) == (5, 2)
    # It doesn't count for Alice when the rules of both are loaded together.
    picker = picking.load([alice.pk, stranger.pk], MONDAY, MONDAY)
    assert picker.pick(alice.pk, MONDAY).kind == "default"


def test_a_weekday_counts_on_that_weekday_only(taskmaster: User, alice: User) -> None:
    limit_rules.create_rule(actor=taskmaster, weekday=6, maximum=0)

    assert [maximum(alice, MONDAY + timedelta(days=offset)) for offset in range(8)] == [5, 5, 5, 5, 5, 5, 0, 5]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"date_from": date(2026, 3, 3)}, [5, 9, 9, 9]),
        ({"date_to": date(2026, 3, 3)}, [9, 9, 5, 5]),
        ({"date_from": date(2026, 3, 3), "date_to": date(2026, 3, 4)}, [5, 9, 9, 5]),
    ],
    ids=["from", "until", "from and until"],
)
def test_the_first_and_the_last_date_of_a_rule_belong_to_it(
    taskmaster: User, alice: User, dates: dict[str, date], expected: list[int]
) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=9, **dates)

    assert [maximum(alice, MONDAY + timedelta(days=offset)) for offset in range(4)] == expected


@pytest.mark.parametrize("dates", [{"date_from": MONDAY}, {"date_to": MONDAY}])
def test_one_date_alone_makes_no_range(taskmaster: User, alice: User, dates: dict[str, date]) -> None:
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_from=MONDAY, date_to=MONDAY, reason="Holiday")
    limit_rules.create_rule(actor=taskmaster, user_id=alice.pk, maximum=8, **dates)

    assert (maximum(alice), pick(alice).kind) == (0, "everyone_range")


def test_within_a_level_a_rule_with_a_weekday_wins(taskmaster: User, alice: User) -> None:
    week = {"date_from": MONDAY, "date_to": SUNDAY}
    limit_rules.create_rule(actor=taskmaster, maximum=1, weekday=0, **week)
    limit_rules.create_rule(actor=taskmaster, maximum=2, **week)

    assert (maximum(alice, MONDAY), maximum(alice, TUESDAY)) == (1, 2)


def test_within_a_level_the_rule_that_was_made_last_wins(taskmaster: User, alice: User) -> None:
    for wanted in (3, 1, 2):
        limit_rules.create_rule(actor=taskmaster, maximum=wanted)

    assert maximum(alice) == 2


def test_the_default_is_a_setting(alice: User, settings: Any) -> None:
    settings.TOGO_DEFAULT_DAILY_LIMIT = 2

    assert pick(alice) == Pick(2, "default")


def test_random_limits_stay_the_same_and_differ_between_people_and_days(alice: User, settings: Any) -> None:
    settings.TOGO_LIMIT_PICKER = (2, 4)
    picker = picking.load([], MONDAY, MONDAY)
    drawn = {
        (person, offset): picker.pick(person, MONDAY + timedelta(days=offset))
        for person in range(30)
        for offset in range(30)
    }

    assert {one.maximum for one in drawn.values()} == {2, 3, 4}
    assert {(one.kind, one.rule, one.reason) for one in drawn.values()} == {("random", None, "")}
    assert len({drawn[7, offset].maximum for offset in range(30)}) == 3
    assert len({drawn[person, 7].maximum for person in range(30)}) == 3
    # Every process picks the same limits; these were computed with sha256sum.
    assert [picker.pick(1, MONDAY + timedelta(days=offset)).maximum for offset in range(6)] == [2, 2, 2, 4, 4, 2]


def test_random_limits_from_a_range_of_one_value_have_that_value(alice: User, settings: Any) -> None:
    settings.TOGO_LIMIT_PICKER = (0, 0)

    assert maximum(alice) == 0


ALICE, BOB = 1, 2
DATES = st.none() | st.dates(MONDAY, MONDAY + timedelta(days=9))
RULES = st.lists(
    st.builds(
        LimitRule,
        user_id=st.sampled_from([None, ALICE, BOB]),
        weekday=st.none() | st.integers(0, 6),
        date_from=DATES,
        date_to=DATES,
        maximum=st.integers(0, 9),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=RULES, day=st.dates(MONDAY, MONDAY + timedelta(days=9)))
def test_picks_the_rule_of_the_documented_order(rules: list[LimitRule], day: date) -> None:
    for number, rule in enumerate(rules, start=1):
        rule.pk = number

    picked = picking.Picker(1, rules).pick(ALICE, day)

    assert (picked.kind, picked.rule) == _expected_pick(rules, day)


def _expected_pick(rules: list[LimitRule], day: date) -> tuple[str, int | None]:
    """person + range → everyone + range → person + weekday → everyone + weekday → person → everyone → the default;
    within a level, a rule with a weekday wins, and then the highest id."""
    fitting = [
        rule
        for rule in rules
        if rule.user_id in (None, ALICE)
        and rule.weekday in (None, day.weekday())
        and (rule.date_from or date.min) <= day <= (rule.date_to or date.max)
    ]
    for kind in ("person_range", "everyone_range", "person_weekday", "everyone_weekday", "person", "everyone"):
        whose, _, what = kind.partition("_")
        level = [
            rule
            for rule in fitting
            if (rule.user_id == ALICE) == (whose == "person")
            and (bool(rule.date_from and rule.date_to) == (what == "range"))
            and (what == "range" or (rule.weekday is not None) == (what == "weekday"))
        ]
        if level:
            best = max(level, key=lambda rule: (rule.weekday is not None, rule.pk))
            return kind, best.pk
    return "default", None
