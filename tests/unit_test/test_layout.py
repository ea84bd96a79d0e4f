"""The required layout: an API has a file of the same name in each layer, and everything has one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.processes import ROOT

APIS = {
    "account",
    "api_keys",
    "archive",
    "assignments",
    "availability",
    "backups",
    "board",
    "bulk",
    "calendar",
    "distributions",
    "docs",
    "events",
    "exports",
    "finding",
    "health",
    "importing",
    "imports",
    "insights",
    "limit_rules",
    "limits",
    "metrics",
    "notifications",
    "oidc",
    "planning",
    "returns",
    "second_factors",
    "series",
    "sessions",
    "tasks",
    "today",
    "tokens",
    "users",
    "waiting",
    "version",
    "webhooks",
}
# Files of a layer that several APIs share, and why they don't have an API's name.
SHARED = {
    "exceptions": {
        "base": "the base of all errors, and the errors of no single API",
        "idempotency": "keys of any call that creates",
    },
    "models": {
        "attempts": "tries of passwords, for tokens, sessions and users",
        "base": "conditions that the reads of several tables share",
        "constraints": "constraints that Django has no class for",
        "effort": "the efforts of tasks, assignments and imports",
        "idempotency": "stored answers of any call that creates",
        "names": "how names of people and tasks are compared",
        "database_sessions": "what every connection to the database sets first",
        "passwords": "how passwords are hashed, for tokens, sessions, users and Django's own pages",
        "positions": "how far the database's servers have come",
        "replica": "which server answers the reads of any call",
        "reading": "how far readers of the history have read, and leases of work that one process does at a time",
        "composed": "statements of frequent calls, which Django composes once",
        "prepared_statements": "how the statements of every call are run",
    },
    "services": {
        "channels": "speaks to channels for notifications, in a process without Django",
        "planner": "computes distributions from plain data, in a process without Django",
        "shared": "what the services of several APIs share",
        "slots": "the sole writer of assignments and of `taken`: for assignments, bulk and imports",
        "unit_of_work": "how any unit of work runs",
    },
    "serializers": {
        "base": "strict fields",
        "shapes": "how objects are shown",
        "problems": "the shape of every refusal",
    },
    "views": {"http": "the parts that calls and pages share"},
    "urls": {"converters": "the values that paths accept", "admin": "Django's pages: no API of ours"},
    "tasks": {"base": "how services ask for jobs", "idempotency": "removes stored answers of any call that creates"},
    "admin": {"base": "what every page of the admin does", "names": "what tables and columns are called"},
    "forms": {"base": "how a form shows a refusal"},
}
LONGEST = 300


def modules(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def names_of(layer: str) -> set[str]:
    folder = ROOT / "apps" / layer
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return packages | {path.stem for path in folder.glob("*.py")} - {"__init__"}


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("layer", SHARED)
def test_a_layer_has_a_file_for_each_api_and_few_others(layer: str) -> None:
    names = names_of(layer)

    assert names - APIS == set(SHARED[layer]), "add a new API to APIS, or a shared file to SHARED with its reason"
    assert all(SHARED[layer].values())


def test_there_are_no_other_layers_and_every_api_is_in_one() -> None:
    folders = {path.name for path in (ROOT / "apps").iterdir() if path.is_dir()} - {"__pycache__"}

    assert folders == {*SHARED, "locale", "management", "migrations", "static", "templates", "templatetags"}
    assert {path.name for path in (ROOT / "apps").glob("*.py")} == {"__init__.py", "apps.py", "checks.py"}
    assert set().union(*(names_of(layer) for layer in SHARED)) >= APIS


@pytest.mark.parametrize("layer", ["exceptions", "models", "services"])
def test_exceptions_models_and_services_do_not_import_http(layer: str) -> None:
    for path in modules(f"apps/{layer}"):
        web = {
            name for name in imports_of(path) if name.startswith(("django.http", "django.shortcuts", "django.views"))
        }
        assert web == set(), path


def test_the_folder_of_the_logs_is_no_package() -> None:
    """A package would shadow Python's own `logging`."""
    assert not list((ROOT / "logging").rglob("*.py"))


@pytest.mark.parametrize("folder", ["apps", "togo"])
def test_no_file_is_long(folder: str) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in modules(folder)}

    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_links_in_templates_begin_with_the_path_below_which_togo_is_served() -> None:
    """A link that begins with a slash works only where ToGo has the host for itself: write {{ root }}/board/."""
    link = re.compile(r"""\s(?:href|src|action|formaction|hx-[a-z]+)=["']/[^"']*""")
    found = {path.name: link.findall(path.read_text()) for path in (ROOT / "apps" / "templates").rglob("*.html")}

    assert len(found) > 30
    assert {name: links for name, links in found.items() if links} == {}
