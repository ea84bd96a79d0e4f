"""The catalogues of apps/locale/ translate every text, and keep what stands in for data."""

import ast
import gettext
import re
import runpy
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from lab.processes import ROOT
from tests.catalogues import LOCALES, Entry, entries

CATALOGUES = sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))
MESSAGES = runpy.run_path(str(ROOT / "bin" / "messages"))
# What a translation must repeat: %(name)s, %%, {number}, tags with their attributes, and the quotes around attributes.
KEPT = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}|<[^<>]*>|\"")
in_each_language = pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])


def test_every_language_that_people_can_choose_has_a_catalogue_except_english() -> None:
    languages = {code for code, _ in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    assert {path.parts[-3] for path in CATALOGUES} == languages


@in_each_language
def test_every_text_is_translated(catalogue: Path) -> None:
    header, *texts = entries(catalogue)
    forms = re.search(r"nplurals=(\d)", header.translations[0])
    assert forms
    unfinished = [
        one.text
        for one in texts
        if "fuzzy" in one.flags
        or not all(one.translations)
        or len(one.translations) != (int(forms[1]) if one.plural else 1)
    ]
    assert unfinished == []


@in_each_language
def test_no_text_of_another_app_takes_the_place_of_one_of_togo(catalogue: Path) -> None:
    with translation.override(catalogue.parts[-3]):
        replaced = [
            one.text
            for one in entries(catalogue)[1:]
            if not one.plural
            and one.translations
            != [translation.pgettext(one.context, one.text) if one.context else translation.gettext(one.text)]
        ]
    assert replaced == []


@in_each_language
def test_translations_keep_placeholders_tags_and_spaces(catalogue: Path) -> None:
    assert [one.text for one in entries(catalogue)[1:] if one.context != "date format" and not _keeps(one)] == []


def _keeps(entry: Entry) -> bool:
    *few, last = entry.translations
    whole = _kept(entry.plural or entry.text)
    # A language may say "a task" or "two tasks" without the number.
    may_lack = {"%(number)d", "%(number)s"} if entry.plural else set()
    for one in filter(None, entry.translations):
        found = _kept(one)
        is_whole = found == whole or found == _kept(entry.text)
        lacks = set(whole) - set(found)
        if not is_whole and (set(found) - set(whole) or len(lacks) > 1 or (not may_lack and lacks)):
            return False
        if [one[:1].isspace(), one[-1:].isspace()] != [
            entry.text[:1].isspace(),
            entry.text[-1:].isspace(),
        ]:
            return False
    return not last or not few or _kept(last) == whole


def _kept(text: str) -> list[str]:
    """The parts; `%(name)s` in a language's own quotation marks is what English writes as `%(name)r`."""
    return sorted(re.sub(r"\)r$", ")s", part) for part in KEPT.findall(text))


@in_each_language
def test_the_compiled_catalogue_has_the_same_texts(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    compiled.pop("", None)
    written: dict[str | tuple[str, int], str] = {}
    for one in entries(catalogue)[1:]:
        if "fuzzy" in one.flags:
            continue
        if one.plural:
            written |= {(one.key, form): text for form, text in enumerate(one.translations) if all(one.translations)}
        elif one.translations[0]:
            written[one.key] = one.translations[0]
    assert compiled == written, "run bin/messages"


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed")
def test_every_text_of_the_code_is_in_the_catalogues_and_nothing_else(tmp_path: Path) -> None:
    for path in (ROOT / "apps").iterdir():
        if path.name != "locale":
            (tmp_path / path.name).symlink_to(path)
    for folder in LOCALES.iterdir():
        shutil.copytree(folder, tmp_path / "locale" / folder.name)
    languages = [path.parts[-3] for path in CATALOGUES]
    MESSAGES["collect"](tmp_path, languages)
    for language in languages:
        place = Path(language, "LC_MESSAGES", "django.po")
        assert _keys(LOCALES / place) == _keys(tmp_path / "locale" / place), "run bin/messages"


def _keys(catalogue: Path) -> set[tuple[str, str, str]]:
    return {(one.context, one.text, one.plural) for one in entries(catalogue)}


def test_no_text_is_translated_where_its_collector_does_not_look() -> None:
    wrong = []
    for path in (ROOT / "apps").rglob("*.py"):
        for string in ast.walk(ast.parse(path.read_text())):
            if isinstance(string, ast.JoinedStr):
                called = [one.func for one in ast.walk(string) if isinstance(one, ast.Call)]
                names = {one.id for one in called if isinstance(one, ast.Name)}
                if names & {"_", "gettext", "ngettext", "pgettext", "npgettext"}:
                    wrong.append(f"{path.relative_to(ROOT)}:{string.lineno}")
    assert wrong == [], "xgettext reads no calls within f-strings"
