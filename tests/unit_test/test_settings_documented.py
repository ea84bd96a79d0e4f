"""docs/settings.md names every variable that ToGo reads, with its default, and no other."""

import ast
import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from lab.processes import ROOT
from togo import env

pytestmark = pytest.mark.no_db

VARIABLE = re.compile(r"SCRIPT_NAME|(TOGO|GRANIAN)_[A-Z_]+|DATABASE(_REPLICA)?_URL|CELERY_BROKER_URL")
SETTINGS = ROOT / "togo" / "settings.py"
ENTRYPOINT = (ROOT / "entrypoint.sh").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
# Variables that are read outside the settings, with their documented defaults.
ELSEWHERE = {"TOGO_VENV": ".venv/", "TOGO_ADMIN_USERNAME": "none", "TOGO_ADMIN_PASSWORD": "none"}


def documented() -> dict[str, str]:
    """The rows of the table: each variable with its documented default."""
    table: dict[str, str] = {}
    for row in re.findall(r"^\| (`.*)\|$", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE):
        names, default, meaning = (cell.strip() for cell in row.split("|"))
        assert meaning, names
        for name in re.findall(r"`([^`]+)`", names):
            assert name not in table, f"{name} has two rows"
            table[name] = default.strip("`")
    return table


def read_by_the_settings() -> dict[str, str]:
    """The variables that togo/settings.py reads through togo/env/, with their defaults."""
    known = {"BASE_DIR": PurePath(), "TOGO_HOME": PurePath("var"), "TOGO_EMBEDDED": True, "_public": urlsplit("")}
    found: dict[str, str] = {}
    for call in _calls_of_env(SETTINGS):
        reader = getattr(env, call.func.attr)  # type: ignore[attr-defined]
        if reader is env.is_set:
            continue
        name, *default = [*call.args, *(word.value for word in call.keywords if word.arg == "default")]
        if default:
            # The value of the expression in the embedded way, in the checkout's folder.
            value = eval(compile(ast.Expression(default[0]), SETTINGS.name, "eval"), {}, known)  # noqa: S307
        else:
            value = None
            # Where nothing is made, the key must be set.
            with patch.dict(os.environ, clear=True), contextlib.suppress(ImproperlyConfigured):
                value = reader(ast.literal_eval(name))
        found[ast.literal_eval(name)] = _as_text(value)
    return found


def _calls_of_env(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
        ):
            yield node


def _as_text(value: Any) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case list():
            return ",".join(value) or "none"
        case PurePath():
            return f"{value}/"
        case _:
            return str(value or "") or "none"


def read_by_commands() -> set[str]:
    """The variables that bin/run and the first admin's command read."""
    files = [ROOT / "bin" / "run", *(ROOT / "bin").glob("*.py"), *(ROOT / "togo" / "embedded").glob("*.py")]
    files.append(ROOT / "apps" / "management" / "commands" / "ensure_admin.py")
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VARIABLE.fullmatch(node.value)
    }


def read_by_containers() -> dict[str, str | None]:
    """The variables that entrypoint.sh and docker-compose.yml read, with their default if there is one."""
    found: dict[str, str | None] = dict.fromkeys(re.findall(r'environ\.get\("(\w+)"', ENTRYPOINT))
    for text in (ENTRYPOINT, COMPOSE):
        found |= {name: default or None for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", text)}
    secrets = re.search(r"for name in (.*); do", ENTRYPOINT)
    assert secrets
    found |= {f"{name}_FILE": "none" for name in secrets[1].split()}
    services = yaml.safe_load(COMPOSE)["services"].values()
    handed_on = {
        name for service in services for name, value in service.get("environment", {}).items() if value is None
    }
    return dict.fromkeys(handed_on) | found


def test_the_variables_are_found() -> None:
    found = read_by_the_settings()
    assert found["TOGO_HOME"] == "var/"
    assert found["TOGO_ALLOWED_HOSTS"] == "localhost,127.0.0.1,[::1]"
    assert found["TOGO_LIMIT_PICKER"] == "rules"
    assert found["TOGO_DEBUG"] == "off"
    assert set(read_by_containers()) >= {"GRANIAN_WORKERS", "GRANIAN_PORT", "TOGO_PUBLISH", "DATABASE_URL_FILE"}
    assert read_by_commands() >= {"TOGO_VENV", "TOGO_ADMIN_USERNAME", "TOGO_ADMIN_PASSWORD"}


def test_the_table_names_every_variable_and_no_other() -> None:
    read = {*read_by_the_settings(), *read_by_commands(), *read_by_containers()}
    assert sorted(documented()) == sorted(read)


@pytest.mark.parametrize("name", sorted(documented()))
def test_the_table_gives_the_right_default(name: str) -> None:
    expected = read_by_the_settings().get(name) or ELSEWHERE.get(name) or read_by_containers()[name]
    assert documented()[name] == expected


def test_nothing_is_read_from_the_environment_past_env() -> None:
    """These tests would not find such a variable."""
    for file in [SETTINGS, *(ROOT / "togo" / "celery").glob("*.py"), ROOT / "togo" / "wsgi.py"]:
        text = file.read_text()
        assert not re.search(r"os\.environ(\.get\(|\[)|os\.getenv", text), file.name
