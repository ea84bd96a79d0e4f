"""If a setting is bad, every program ends at its start with one line that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.processes import PATIENCE, ROOT, free_port, run_python

PYTHON = Path(sys.executable)
STARTS: dict[str, list[str | Path]] = {
    "manage.py": [PYTHON, "manage.py", "migrate", "--check"],
    "a command of ToGo": [PYTHON, "manage.py", "check_limits"],
    "the worker": [PYTHON, "-m", "celery", "-A", "togo.celery", "worker"],
    "beat": [PYTHON, "-m", "celery", "-A", "togo.celery", "beat"],
    "granian": [PYTHON, "-m", "granian", "--interface", "wsgi", "--log-level", "critical", "togo.wsgi:application"],
    "the web's container": [ROOT / "entrypoint.sh", "web"],
    "the worker's container": [ROOT / "entrypoint.sh", "worker"],
    "beat's container": [ROOT / "entrypoint.sh", "beat"],
}
GOOD = {
    "DATABASE_URL": "sqlite:////nowhere/togo.sqlite3",
    "TOGO_SECRET_KEY": "a key of at least fifty characters, made for this test",
    "TOGO_ALLOWED_HOSTS": "togo.example.org",
    "TOGO_DEBUG": "off",
}


def output_of(start: str, folder: Path, **wrong: str) -> str:
    """The output of a start, which must fail."""
    own = {"TOGO_HOME": str(folder), "TOGO_LOG_DIR": str(folder), "GRANIAN_PORT": str(free_port())}
    path = {"PATH": f"{PYTHON.parent}:{os.environ['PATH']}"}
    env = {**os.environ, **GOOD, **own, **path, **wrong}
    program, *arguments = STARTS[start]
    if program == PYTHON:
        done = run_python(*map(str, arguments), env=env)
        assert done.returncode != 0
        return done.stdout + done.stderr
    done = subprocess.run(
        [program, *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode != 0
    return done.stdout


@pytest.mark.parametrize("start", STARTS)
def test_a_weak_key_is_refused_with_one_line(tmp_path: Path, start: str) -> None:
    [line] = output_of(start, tmp_path, TOGO_SECRET_KEY="x" * 50).splitlines()

    assert line.startswith("togo: TOGO_SECRET_KEY must be at least 50 characters long, and random; make one with: ")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("TOGO_SECRET_KEY", "", "togo: TOGO_SECRET_KEY must be at least 50 characters long"),
        ("SCRIPT_NAME", "/togo", "togo: SCRIPT_NAME must not be set: to serve ToGo below a path, set TOGO_PUBLIC_URL"),
        ("TOGO_ALLOWED_HOSTS", "o.org/togo", "togo: TOGO_ALLOWED_HOSTS must name hosts only"),
        (
            "CELERY_BROKER_URL",
            "sentinel://s",
            "togo: CELERY_BROKER_URL must be a URL such as redis://HOST:PORT/NUMBER: ToGo",
        ),
        ("TOGO_DEBUG", "on", "togo: TOGO_DEBUG must be off with DATABASE_URL"),
        ("TOGO_ALLOWED_HOSTS", "", "togo: TOGO_ALLOWED_HOSTS must name the hosts"),
        ("TOGO_ALLOWED_HOSTS", "*", "togo: TOGO_ALLOWED_HOSTS must name hosts, not *, with DATABASE_URL"),
    ],
)
def test_an_unsafe_installation_is_refused(tmp_path: Path, name: str, value: str, line: str) -> None:
    [only] = output_of("manage.py", tmp_path, **{name: value}).splitlines()

    assert only.startswith(line)


def test_django_finds_nothing_wrong_with_an_installation_behind_https(tmp_path: Path) -> None:
    own = {"TOGO_HOME": str(tmp_path), "TOGO_LOG_DIR": str(tmp_path), "TOGO_HTTPS": "on"}
    done = subprocess.run(
        [PYTHON, "manage.py", "check", "--deploy", "--tag", "security", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **GOOD, **own},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
