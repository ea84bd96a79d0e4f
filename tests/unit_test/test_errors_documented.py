"""docs/errors.md explains every error that ToGo answers with, and nothing else."""

import importlib
import json
import pkgutil
import re
from typing import Any

import markdown
import pytest

import apps.exceptions
from apps.exceptions.base import ToGoError
from lab.processes import ROOT

pytestmark = pytest.mark.no_db

TEXT = (ROOT / "docs" / "errors.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", TEXT, re.MULTILINE))


def every_error(of: type[ToGoError] = ToGoError) -> set[type[ToGoError]]:
    for module in pkgutil.walk_packages(apps.exceptions.__path__, "apps.exceptions."):
        importlib.import_module(module.name)
    return {
        error
        for kind in of.__subclasses__()
        if kind.__module__.startswith("apps.exceptions.")
        for error in {kind, *every_error(kind)}
    }


ERRORS = {error.code: error for error in every_error()}


def example_of(code: str) -> dict[str, Any]:
    examples = re.findall(r"^```json\n(.*?)^```$", SECTIONS[code], re.MULTILINE | re.DOTALL)
    assert len(examples) == 1
    problem: dict[str, Any] = json.loads(examples[0])
    return problem


def test_every_code_belongs_to_one_error() -> None:
    assert len(ERRORS) == len(every_error()) > 20


def test_every_error_has_a_section_and_every_section_is_an_error() -> None:
    assert sorted(SECTIONS) == sorted(ERRORS)


def test_no_section_is_duplicated() -> None:
    assert len(re.findall(r"^## ", TEXT, re.MULTILINE)) == len(SECTIONS)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_a_section_has_a_meaning_advice_and_an_example(code: str) -> None:
    meaning, _, advice = SECTIONS[code].partition("```json")
    assert len(meaning.split()) > 5
    assert re.search(r"^\*\*What to do:\*\* \w+", advice, re.MULTILINE)

    problem = example_of(code)
    assert list(problem)[:5] == ["type", "title", "status", "detail", "code"]
    error = ERRORS[code]
    assert (problem["type"], problem["title"]) == (f"/errors/#{code}", error.title)
    assert (problem["status"], problem["code"]) == (error.status, code)
    assert problem["detail"]


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_the_type_of_an_error_leads_to_its_section(code: str) -> None:
    page = markdown.markdown(TEXT, extensions=["toc", "tables", "fenced_code"])
    anchor = example_of(code)["type"].partition("#")[2]
    assert f'<h2 id="{anchor}">{code}</h2>' in page


def test_the_examples_have_the_data_of_the_errors() -> None:
    assert set(example_of("daily_limit_reached")) >= {"user", "date", "maximum", "taken", "source", "next_free_date"}
    assert set(example_of("already_assigned")) >= {"assignment"}
    assert set(example_of("limit_below_taken")) >= {"taken"}
    assert set(example_of("try_again")) >= {"retry_after"}
