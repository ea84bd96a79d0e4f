"""Every text of every page goes through a catalogue: in a language that marks all texts, no other words are left."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.utils.translation import trans_real

from apps.services.shared import languages
from tests.access.rows import ADMIN, NONE, PERSON, TASKMASTER, Row
from tests.access.table import ROWS
from tests.access.world import World
from tests.catalogues import Marking, outside, unmarked_words
from tests.shared_rows import shared_rows

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]

# What people wrote, and names.
DATA = {"ToGo", "To", "Go"}
DATA |= {word for name in languages.NAMES.values() for word in name.split()}
# The letters in the circles beside people, a placeholder of addresses, and the names of keys.
DATA |= {"AD", "AL", "BO", "CA", "CH", "GO", "TA", "https", "nightly", "import"}
# Why a task was handed back, and the name of a view.
DATA |= {"I", "am", "ill", "Kitchen"}
# The type of an event, and an example of a rule of RFC 5545.
DATA |= {"webhook", "test"}
DATA |= {"FREQ", "MONTHLY", "BYDAY", "TU", "FR"}
# The example of a file, and the names of its columns.
DATA |= {"Cooking", "Lindqvist", "Maria", "maria", "task", "user", "date", "CSV"}
# What Django calls the icons of ticks and of the search.
DATA |= {"True", "False", "Search"}
DATA |= {"admin", "chief", "taskmaster", "alice", "bob", "carol", "gone", "cooking", "booking", "backup", "program"}
# Documents for programmers and for developers are English.
ENGLISH = ("/api/", "/errors/", "/styleguide/", "/health/", "/metrics", "/.well-known/")
PAGES = [row for row in ROWS if not row.path.startswith(ENGLISH)]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """People and their rows, as in the tests of the access table."""
    with (
        override_settings(PASSWORD_HASHERS=["tests.access.world.Unsalted"]),
        shared_rows(django_db_blocker, World) as made,
    ):
        yield made


@pytest.fixture
def _marking(monkeypatch: pytest.MonkeyPatch) -> None:
    """German is the language that marks all texts. What returns to it asks for it by its own code."""
    for code in ("de", "xx"):
        monkeypatch.setitem(trans_real._translations, code, Marking())


@pytest.mark.usefixtures("_marking")
@pytest.mark.parametrize("path", sorted({row.path for row in PAGES}))
def test_every_text_of_a_page_goes_through_a_catalogue(path: str, world: World) -> None:
    left: list[str] = []
    for row in PAGES:
        if row.path != path:
            continue
        for column in (PERSON, TASKMASTER, ADMIN):
            if row.answers.get(column, NONE) != NONE:
                left += _words_left(world, row, column)
    assert not left, "\n".join(left)


def _words_left(world: World, row: Row, column: str) -> list[str]:
    """The words of the answer, and of the message that it leaves for the next page, that are in no catalogue."""
    method = "GET" if row.method == "any" else row.method
    with world.asked(row, column, method=method, language="de") as response:
        said = (
            [str(one) for one in getattr(response.wsgi_request, "_messages", ())] if response.status_code == 302 else []
        )
        is_page = response.get("Content-Type", "").startswith("text/html")
        words = unmarked_words(response.content.decode()) if is_page and response.status_code != 302 else []
        words += [word for text in said for word in outside(text).split()]
    words = sorted({word for word in words if word not in DATA})
    return [f"{method} {row.path} {row.case} as {column}: {' '.join(words)}"] if words else []
