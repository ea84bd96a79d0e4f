"""The documents lead somewhere: what they link to and show is there."""

import re
from pathlib import Path

import pytest

from lab.processes import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|mailto:|#|/)([^)#\s]+)")
PICTURE = re.compile(r"!\[([^]]*)\]\(([^)\s]+)\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_links_to_exists(path: Path) -> None:
    missing = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert missing == []


def test_the_readme_shows_every_picture_in_words_too() -> None:
    shown = {target: words for words, target in PICTURE.findall((ROOT / "README.md").read_text())}
    assert set(shown) == {str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "screenshots").iterdir()}
    assert all(len(words) > 15 for words in shown.values())


def test_the_film_is_small_enough_to_begin_at_once() -> None:
    assert (ROOT / "docs" / "screenshots" / "first-week.gif").stat().st_size < 1_500_000
