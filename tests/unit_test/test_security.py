"""Every promise in SECURITY.md names a test that exists."""

import re

from lab.processes import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()


def test_every_promise_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| (?!promise|---)(.+) \|$", TEXT, re.MULTILINE)
    assert len(rows) > 8
    for row in rows:
        proof = row.rpartition(" | ")[2]
        named = re.findall(r"`(?:[\w/]*/)?(test_[\w*]+\.py)`", proof)
        assert named, row
        for name in named:
            assert list((ROOT / "tests").rglob(name)), name


def test_every_linked_file_exists() -> None:
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`((?:apps|togo|tests)/[\w/]+\.py)`", TEXT):
        assert (ROOT / path).exists(), path
