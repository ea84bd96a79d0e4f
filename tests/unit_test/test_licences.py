"""docs/licences.md names the packages that ToGo uses, and their licences."""

import re
import runpy

from lab.processes import ROOT

TEXT = (ROOT / "docs" / "licences.md").read_text()
LICENCES = runpy.run_path(str(ROOT / "bin" / "licences"))
# The licences of packages that may be used in a service that is given to others.
FREE = re.compile(r"\b(MIT|BSD|ISC|Apache|PSF|MPL|LGPL|0BSD|Zero-Clause)\b")


def test_the_document_matches_the_output_of_bin_licences() -> None:
    assert LICENCES["document"]() == TEXT, "run bin/licences"


def test_every_locked_package_and_every_folder_of_others_is_named() -> None:
    for name in ("requirements.txt", "requirements-embedded.txt"):
        pinned = re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
        assert pinned
        for package, version in pinned:
            assert f"\n| {package} | {version} | " in TEXT
    for folder in (ROOT / "apps" / "static" / "vendor").iterdir():
        assert f"\n| `apps/static/vendor/{folder.name}` | " in TEXT


def test_every_licence_is_free_and_none_requires_our_own_code() -> None:
    rows = re.findall(r"^\| [^|]+ \|(?: [^|]+ \|)? ([^|]+) \|$", TEXT, re.MULTILINE)
    licences = [row for row in rows if row != "licence"]

    assert len(licences) > 50
    for licence in licences:
        assert FREE.search(licence), licence
        assert not re.search(r"(?<!L)GPL", licence), licence
