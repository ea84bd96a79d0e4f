"""The layout that was given: in each layer a file of the same name for each API, and one place for each thing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.models import users
from lab.processes import ROOT

APIS = {
    "assignments",
    "availability",
    "backups",
    "board",
    "bulk",
    "calendar",
    "docs",
    "events",
    "exports",
    "health",
    "importing",
    "imports",
    "insights",
    "limit_rules",
    "limits",
    "metrics",
    "sessions",
    "tasks",
    "today",
    "tokens",
    "users",
}
# What several APIs of a layer share, and why it has no API's name.
SHARED = {
    "exceptions": {
        "base": "what every error has, and the errors of no single API",
        "idempotency": "keys of any call that creates",
    },
    "models": {
        "attempts": "passwords that were tried, by tokens, sessions and users",
        "base": "how text is looked for, and how the statements of every call are sent",
        "idempotency": "kept answers of any call that creates",
    },
    "services": {
        "copying": "how a day is set for many people at once: for limits",
        "shared": "what the services of several APIs share",
        "taking": "how a slot is taken on each database: for assignments",
        "taking_many": "how many are taken at once: for bulk",
        "unit_of_work": "how any unit of work runs",
    },
    "serializers": {"base": "strict fields", "problems": "the shape of every refusal"},
    "views": {"http": "what every call and page is made of"},
    "urls": {"converters": "what may stand in any path", "admin": "Django's pages: no API of ours"},
    "tasks": {"base": "how services ask for jobs", "idempotency": "removes what is kept for any call that creates"},
    "admin": {"base": "what every page of the admin does"},
    "forms": {},
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

    assert names - APIS == set(SHARED[layer]), "a new API belongs to APIS; what all share to SHARED, with its reason"
    assert all(SHARED[layer].values())


def test_there_are_no_other_layers_and_every_api_is_in_some() -> None:
    folders = {path.name for path in (ROOT / "apps").iterdir() if path.is_dir()} - {"__pycache__"}

    assert folders == {*SHARED, "management", "migrations", "static", "templates"}
    assert {path.name for path in (ROOT / "apps").glob("*.py")} == {"__init__.py", "apps.py", "checks.py"}
    assert set().union(*(names_of(layer) for layer in SHARED)) >= APIS


@pytest.mark.parametrize("layer", ["exceptions", "models", "services"])
def test_what_decides_knows_no_requests(layer: str) -> None:
    for path in modules(f"apps/{layer}"):
        web = {
            name for name in imports_of(path) if name.startswith(("django.http", "django.shortcuts", "django.views"))
        }
        assert web == set(), path


def test_the_folder_of_the_logs_is_no_package() -> None:
    """It would take the place of Python's own `logging`."""
    assert not list((ROOT / "logging").rglob("*.py"))


@pytest.mark.parametrize("folder", ["apps", "togo"])
def test_no_file_is_long(folder: str) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in modules(folder)}

    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


# --- one place writes assignments -------------------------------------------------------------------------------

WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete", "save"}
WRITES |= {f"a{name}" for name in WRITES} | {"_raw_delete", "add", "set", "remove", "clear"}
SQL = {"execute", "executemany", "raw", "first_row"}
# How one gets at assignments: the model, one of them, and what belongs to a day, a task or a person.
ASSIGNMENTS = re.compile(r"\bAssignment\b|^assignment$|\.(assignments|given)\b")
THE_ONE_PLACE = {ROOT / "apps" / "services" / name for name in ("assignments.py", "taking.py", "taking_many.py")}
# What else speaks SQL: it says who waits for a lock, and how long; and it reads the person of every call.
WAITS = ROOT / "apps" / "services" / "unit_of_work.py"
PEOPLE = ROOT / "apps" / "models" / "users.py"
# Sends what those of them are given that speak SQL.
SENDS = ROOT / "apps" / "models" / "base.py"
# And this reads a file that may be no database of ours.
BACKUPS = ROOT / "apps" / "services" / "backups.py"

# And this copies days of people.
COPYING = ROOT / "apps" / "services" / "copying.py"


def writes_assignments(source: str) -> list[str]:
    """The expressions that make, change or delete assignments, or could hide that they do."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        what, _, action = ast.unparse(node.func).rpartition(".")
        if action == "Assignment" or action in SQL or (action in WRITES and ASSIGNMENTS.search(what)):
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize(
    "code",
    [
        "Assignment(task=1)",
        "models.Assignment(task=1)",
        "Assignment.objects.create(task=1)",
        "Assignment.objects.filter(pk=1).with_day().update(status='done')",
        "Assignment.objects.all()._raw_delete('default')",
        "models.Assignment.objects.bulk_create(rows)",
        "day.assignments.all().delete()",
        "person.given.filter(pk=1).update(taskmaster=2)",
        "assignment.save()",
        "cursor.execute('DELETE FROM togo_assignment')",
    ],
)
def test_a_write_is_seen(code: str) -> None:
    assert writes_assignments(f"def work():\n    return {code}\n") == [code]


def test_only_the_service_of_assignments_writes_them() -> None:
    for path in THE_ONE_PLACE:
        assert writes_assignments(path.read_text()) != []
    for path in modules("apps"):
        if path not in {*THE_ONE_PLACE, WAITS, PEOPLE, SENDS, BACKUPS, COPYING}:
            assert writes_assignments(path.read_text()) == [], path


def test_what_else_speaks_sql_only_says_who_waits_and_how_long_and_reads_a_person() -> None:
    assert writes_assignments(PEOPLE.read_text()) == ["first_row(_BY_ID, {'id': user_id})"]
    assert users._BY_ID.startswith("SELECT ")
    assert ";" not in users._BY_ID
    assert sorted(writes_assignments(WAITS.read_text())) == [
        "cursor.execute('DO RELEASE_LOCK(%s)', [name])",
        "cursor.execute('SELECT GET_LOCK(%s, %s)', [name, seconds])",
        "cursor.execute('SET LOCAL lock_timeout TO DEFAULT')",
        "cursor.execute(f\"SET LOCAL lock_timeout = '{seconds}s'\")",
    ]


def test_backups_only_look_at_a_file_with_sql() -> None:
    said = writes_assignments(BACKUPS.read_text())

    assert len(said) == 4
    assert all(re.match(r"copy\.execute\(.(PRAGMA|SELECT) ", call) for call in said), said


def test_what_copies_days_inserts_days() -> None:
    source = COPYING.read_text()

    assert writes_assignments(source) == ["cursor.execute(f'{into} {select} {suffix}', params)"]
    assert 'into = f"{connection.ops.insert_statement(ignore)} togo_dailylimit (' in source
