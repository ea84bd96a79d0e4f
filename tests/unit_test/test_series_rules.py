"""The rules of series: what is read, how it is said, and the dates."""

import datetime
import itertools
import time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.services.series.rules import FREQUENCIES, WEEKDAYS, Rule, WrongRule, parse
from tests.hostile import hostile

STARTS = st.dates(datetime.date(2019, 1, 1), datetime.date(2032, 12, 31))
MONTH_DAYS = st.integers(-31, 31).filter(bool)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A rule of the subset, as somebody writes it: in any order, and with signs."""
    frequency = draw(st.sampled_from(FREQUENCIES))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 12))}")
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7))
        most = {"MONTHLY": 5, "YEARLY": 53}.get(frequency)
        if most and draw(st.booleans()):
            numbers = st.integers(-most, most).filter(bool)
            names = [f"{draw(numbers):{draw(st.sampled_from(['', '+']))}}{name}" for name in names]
        parts.append(f"BYDAY={','.join(names)}")
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={','.join(map(str, draw(st.lists(MONTH_DAYS, min_size=1, max_size=4))))}")
    match draw(st.sampled_from(["", "COUNT", "UNTIL"])):
        case "COUNT":
            parts.append(f"COUNT={draw(st.integers(1, 40))}")
        case "UNTIL":
            parts.append(f"UNTIL={draw(st.dates(datetime.date(2019, 1, 1), datetime.date(2034, 1, 1))):%Y%m%d}")
    return ";".join(draw(st.permutations(parts)))


@pytest.mark.fuzz
@hostile(examples=300)
@given(texts(), STARTS, st.integers(0, 1500))
def test_the_dates_are_those_of_dateutil(text: str, start: datetime.date, length: int) -> None:
    last = start + datetime.timedelta(days=length)
    # dateutil reads the text by itself.
    theirs = rrulestr(text, dtstart=datetime.datetime.combine(start, datetime.time()))
    end = datetime.datetime.combine(last, datetime.time())
    rule = parse(text)
    # Where a rule has no date, dateutil looks until the year 9999: so only short ones are compared.
    if not rule.has_dates(start, start + datetime.timedelta(days=20_000)):
        assume(length < 60)
    expected = [moment.date() for moment in itertools.takewhile(lambda moment: moment <= end, theirs)]

    assert list(rule.dates(start, last)) == expected
    assert rule.has_dates(start, last) == bool(expected)
    assert parse(str(rule)) == rule


def dates(text: str, start: str, last: str) -> list[str]:
    found = parse(text).dates(datetime.date.fromisoformat(start), datetime.date.fromisoformat(last))
    return [date.isoformat() for date in found]


def test_a_month_without_a_31st_has_no_date_and_29_february_comes_in_leap_years() -> None:
    assert dates("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", "2026-06-30") == ["2026-01-31", "2026-03-31", "2026-05-31"]
    assert dates("FREQ=MONTHLY", "2026-01-31", "2026-04-30") == ["2026-01-31", "2026-03-31"]
    assert dates("FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-15", "2028-03-31") == ["2028-01-31", "2028-02-29", "2028-03-31"]
    assert dates("FREQ=YEARLY", "2024-02-29", "2032-12-31") == ["2024-02-29", "2028-02-29", "2032-02-29"]


def test_the_second_tuesday_the_last_friday_and_every_second_week() -> None:
    assert dates("FREQ=MONTHLY;BYDAY=2TU", "2026-03-01", "2026-04-30") == ["2026-03-10", "2026-04-14"]
    assert dates("FREQ=MONTHLY;BYDAY=-1FR", "2026-03-01", "2026-04-30") == ["2026-03-27", "2026-04-24"]
    # The week of the start counts from its Monday.
    expected = ["2026-03-04", "2026-03-16", "2026-03-18", "2026-03-30"]
    assert dates("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "2026-03-04", "2026-03-31") == expected
    assert dates("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", "2026-12-31") == [
        "2026-02-13",
        "2026-03-13",
        "2026-11-13",
    ]


def test_the_ends_of_the_calendar_are_no_errors() -> None:
    assert dates("FREQ=WEEKLY;BYDAY=FR,SU", "9999-12-25", "9999-12-31") == ["9999-12-26", "9999-12-31"]
    assert dates("FREQ=WEEKLY;BYDAY=MO", "0001-01-01", "0001-01-08") == ["0001-01-01", "0001-01-08"]
    assert str(parse("FREQ=DAILY;UNTIL=00010203")) == "FREQ=DAILY;UNTIL=00010203"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "2026-03-02"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2026-02-01"),
        ("FREQ=YEARLY;BYDAY=53MO;BYMONTHDAY=1", "2026-01-01"),
    ],
)
def test_a_rule_without_any_date_is_found_fast(text: str, start: str) -> None:
    """python-dateutil takes more than a second for the first of them."""
    started = time.process_time()

    assert not parse(text).has_dates(datetime.date.fromisoformat(start), datetime.date.max)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        ("FREQ", "FREQ"),
        ("RRULE:FREQ=DAILY", "RRULE:FREQ"),
        ("freq=DAILY", "freq"),
        ("FREQ=HOURLY", "FREQ"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=367", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=02", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=٢", "INTERVAL"),
        ("FREQ=DAILY;COUNT=1001", "COUNT"),
        ("FREQ=DAILY;COUNT=-1", "COUNT"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260401", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260401T000000Z", "UNTIL"),
        ("FREQ=DAILY;UNTIL=2026-04-01", "UNTIL"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=2TU", "BYDAY"),
        ("FREQ=DAILY;BYDAY=-1TU", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=6TU", "BYDAY"),
        ("FREQ=YEARLY;BYDAY=54TU", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0TU", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=MO,1TU", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTH=3", "BYMONTH"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=WEEKLY;WKST=SU", "WKST"),
        ("FREQ=WEEKLY;BYHOUR=9", "BYHOUR"),
        ("FREQ=DAILY;", ""),
        ("FREQ=DAILY;" + "X" * 60 + "=1", "X" * 40),
    ],
)
def test_anything_else_is_refused_with_the_part(text: str, part: str) -> None:
    with pytest.raises(WrongRule) as refusal:
        parse(text)

    assert refusal.value.part == part
    assert str(refusal.value).startswith(part)


def test_a_rule_is_written_in_one_way() -> None:
    text = "UNTIL=20270101;BYMONTHDAY=+15,-1;BYDAY=+2TU,-1FR,2TU;INTERVAL=1;FREQ=MONTHLY"

    rule = parse(text)

    assert rule == Rule("MONTHLY", 1, ((-1, 4), (2, 1)), (-1, 15), None, datetime.date(2027, 1, 1))
    assert str(rule) == "FREQ=MONTHLY;BYDAY=-1FR,2TU;BYMONTHDAY=-1,15;UNTIL=20270101"
