"""The rules of series in words."""

from datetime import date

import pytest

from apps.models import Series
from apps.services.series.words import in_words


@pytest.mark.parametrize(
    ("rrule", "said"),
    [
        ("FREQ=DAILY", "Every day"),
        ("FREQ=DAILY;INTERVAL=3", "Every 3 days"),
        ("FREQ=DAILY;BYDAY=SA,SU", "Every Saturday and Sunday"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=MO", "Every 2 days, if it is a Monday"),
        ("FREQ=DAILY;BYMONTHDAY=1,15;BYDAY=MO", "Every day, if it is the 1st or the 15th of a month and a Monday"),
        ("FREQ=WEEKLY", "Every Tuesday"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "Every Tuesday and Thursday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every day from Monday to Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR", "Every 2 weeks on Monday, Wednesday and Friday"),
        ("FREQ=MONTHLY", "Every month on the 3rd"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,22,-1,-2",
            "Every month on the 1st, the 22nd, the 2nd day from the end and the last day",
        ),
        ("FREQ=MONTHLY;BYDAY=2TU,-1FR", "Every month on the second Tuesday and the last Friday"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=TU", "Every 3 months on each Tuesday"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "Every month on the 13th, if it is a Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=2FR", "Every month on the 13th, if it is the second Friday"),
        ("FREQ=YEARLY", "Every year on 3 March"),
        ("FREQ=YEARLY;BYMONTHDAY=11", "Every year on the 11th of each month"),
        ("FREQ=YEARLY;BYDAY=20MO", "Every year on the 20th Monday"),
        ("FREQ=YEARLY;INTERVAL=4;BYDAY=-2SU", "Every 4 years on the 2nd to last Sunday"),
    ],
)
def test_says_when(rrule: str, said: str) -> None:
    one = Series(rrule=rrule, anchor=date(2026, 3, 3), date_from=date(2026, 3, 3))

    assert in_words(one) == f"{said}, from 3 March 2026"


def test_says_the_end() -> None:
    day = date(2026, 3, 3)

    def said(rrule: str, last: date | None = None) -> str:
        return in_words(Series(rrule=rrule, anchor=day, date_from=day, date_to=last))

    assert said("FREQ=DAILY;COUNT=1") == "Every day, 1 time, from 3 March 2026"
    assert said("FREQ=DAILY;COUNT=9", date(2026, 3, 5)) == "Every day, 9 times, from 3 March 2026 to 5 March 2026"
    assert said("FREQ=DAILY;UNTIL=20260401", date(2026, 5, 1)) == "Every day, from 3 March 2026 to 1 April 2026"
