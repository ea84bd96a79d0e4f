"""Catalogues of texts for tests: those of apps/locale/, and one of a language that nobody speaks."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from lab.processes import ROOT

LOCALES = ROOT / "apps" / "locale"
_SEPARATOR = "\x04"


class Entry(NamedTuple):
    """A text and its translations: several where it has a plural."""

    context: str
    text: str
    plural: str
    translations: list[str]
    flags: str

    @property
    def key(self) -> str:
        """How a compiled catalogue calls the text."""
        return f"{self.context}{_SEPARATOR}{self.text}" if self.context else self.text


def entries(catalogue: Path) -> list[Entry]:
    """The entries of a `.po` file, the first of which is its header."""
    found = []
    for block in re.split(r"\n\s*\n", catalogue.read_text().strip()):
        texts: dict[str, str] = {}
        flags, name = "", ""
        for line in block.splitlines():
            if line.startswith("#,"):
                flags += line
            elif line.startswith("#~"):
                flags += " obsolete"
            elif match := re.fullmatch(r'(?:(msg\w+(?:\[\d\])?) )?(".*")', line):
                name = match[1] or name
                texts[name] = texts.get(name, "") + ast.literal_eval(match[2])
        translations = [texts[name] for name in sorted(texts) if name.startswith("msgstr")]
        found.append(
            Entry(texts.get("msgctxt", ""), texts.get("msgid", ""), texts.get("msgid_plural", ""), translations, flags)
        )
    return found


class Marking:
    """The translations of a language that nobody speaks: each text between ⟦ and ⟧, but no formats of dates."""

    def gettext(self, text: str) -> str:
        """The text, marked."""
        context, _, text = text.rpartition(_SEPARATOR)
        return text if context == "date format" else f"⟦{text}⟧"

    def ngettext(self, text: str, plural: str, number: int) -> str:
        """The text for this number, marked."""
        return self.gettext(text if number == 1 else plural)

    def to_language(self) -> str:
        """Its code, although it stands in the place of another language, for which texts may be remembered."""
        return "xx"


class _Texts(HTMLParser):
    """Collects what people see or hear of a page: `text` with a line for each element, and the attributes."""

    _NOT_READ = ("script", "style", "code", "kbd", "pre", "textarea")
    _READ = ("alt", "aria-label", "placeholder", "title")

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.attributes: list[str] = []
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [value for name, value in attrs if name in self._READ and value]
        if tag == "input" and dict(attrs).get("type") in ("submit", "button"):
            self.attributes.append(dict(attrs).get("value") or "")
        # What is in another language says so.
        if (tag in self._NOT_READ or (tag != "html" and "lang" in dict(attrs))) and not self._skipped:
            self._skipped = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._skipped = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.text += f"{data}\n"


def unmarked_words(page: str) -> list[str]:
    """The words of a page that no catalogue translates: those outside of ⟦ and ⟧."""
    texts = _Texts()
    texts.feed(page)
    return [word for text in (texts.text, *texts.attributes) for word in re.findall(r"[^\W\d_]{2,}", outside(text))]


def outside(text: str) -> str:
    """What stands outside of ⟦ and ⟧."""
    depth, kept = 0, ""
    for character in text:
        depth += (character == "⟦") - (character == "⟧")
        if not depth and character != "⟧":
            kept += character
    return kept
