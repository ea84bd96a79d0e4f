"""ToGo reads what its pages write into addresses and forms."""

import datetime
from collections.abc import Callable

import pytest
from django.utils import translation

from apps.services.shared import formats
from apps.services.shared.formats import Place, Version


def is_refused(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return True
    return False


def test_every_week_of_30_years_is_read_as_it_is_written() -> None:
    monday = datetime.date(2015, 12, 28)
    while monday.year < 2046:
        for offset in (0, 6):
            assert formats.parse_week(formats.write_week(monday + datetime.timedelta(days=offset))) == monday
        monday += datetime.timedelta(days=7)
    assert formats.write_week(datetime.date(2027, 1, 4)) == "2027-W01"


def test_weeks_begin_as_in_the_readers_language_and_keep_their_names() -> None:
    thursday = datetime.date(2026, 12, 31)
    for language, first in (("en", datetime.date(2026, 12, 28)), ("ar", datetime.date(2026, 12, 26))):
        with translation.override(language):
            assert formats.week_of(thursday) == first
            for offset in range(7):
                assert formats.write_week(first + datetime.timedelta(days=offset)) == "2026-W53"
            assert formats.week_number(first) == 53
            assert formats.parse_week("2026-W53") == first


@pytest.mark.parametrize(
    "text", ["2027-W1", "2027-W00", "2027-W53", "2027W01", "0001-W01", "9999-W01", "2027-W01 ", "२०२७-W०१", ""]
)
def test_no_other_text_is_a_week(text: str) -> None:
    assert is_refused(formats.parse_week, text)


def test_places_and_versions_are_read_as_they_are_written() -> None:
    for place in (Place(1, datetime.date(2027, 1, 4)), Place(2**63 - 1, datetime.date(9, 8, 7))):
        assert Place.parse(str(place)) == place
    assert str(Place(2, datetime.date(2026, 11, 24))) == "2:2026-11-24"
    for version in (Version(0, 0, 0), Version(1204, 50, 1)):
        assert Version.parse(str(version)) == version


@pytest.mark.parametrize("text", ["", "2", "2:", "2:20261124", "x:2026-11-24", "2:2026-02-30", f"{2**63}:2026-11-24"])
def test_no_other_text_is_a_place(text: str) -> None:
    assert is_refused(Place.parse, text)


@pytest.mark.parametrize("text", ["", "1-2", "1-2-2", "-1-2-0", f"{10**19}-0-0"])
def test_no_other_text_is_a_version(text: str) -> None:
    assert is_refused(Version.parse, text)
