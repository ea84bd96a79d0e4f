"""What `bin/test` does once there is an environment: every check, and the tests on every database."""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lab import databases

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
# Debian's packages of what is tested with where it is installed, and a program of each.
DEBIAN = {"chromium": "chromium", "mariadb-server": "mariadbd", "redis-server": "redis-server"}
# An installation as others reach it, for what Django says of it.
PRODUCTION = {
    "DATABASE_URL": "postgres://togo@localhost/togo",
    "TOGO_SECRET_KEY": "kT9w-".join("only to be looked at by check --deploy"),
    "TOGO_ALLOWED_HOSTS": "togo.example.org",
    "TOGO_HTTPS": "on",
}
# What doesn't depend on the database is tested with the first of them only.
ONCE = [
    "tests/browser_test",
    "tests/prove_test",
    "tests/run_test",
    "tests/api_test/test_docs.py",
    "tests/api_test/test_mass_assignment.py",
    "tests/api_test/test_schemathesis.py",
    "tests/unit_test/test_docker.py",
    "tests/unit_test/test_errors_documented.py",
    "tests/unit_test/test_layout.py",
    "tests/unit_test/test_readme_settings.py",
    "tests/unit_test/test_settings.py",
]
# What pytest exits with when no test was chosen.
NO_TESTS = 5
CHECKS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "OpenAPI": ["manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
}


def main() -> int:
    """Run everything; 0 when all passed and, in CI, nothing was left out."""
    parser = argparse.ArgumentParser(prog="bin/test", description=__doc__)
    parser.add_argument("--all", action="store_true", help="also what takes longer than 10 minutes")
    parser.add_argument("--only", help="only sqlite, postgresql or mariadb, without the checks of the code")
    options, more = parser.parse_known_args()
    started = time.monotonic()
    left_out = _install_what_debian_has()
    failed = [] if options.only else [name for name, command in CHECKS.items() if not _check(name, command)]
    for stale in ROOT.glob(".coverage*"):
        stale.unlink()
    for name, database in _databases(left_out).items():
        if options.only in (None, name):
            _say(f"tests on {name}")
            with database() as url:
                ignored = [] if name == "sqlite" else [f"--ignore={path}" for path in ONCE]
                if not _run_tests(url, [*ignored, *more], slow=options.all):
                    failed.append(f"tests on {name}")
    if not options.only and not _report_coverage():
        failed.append("coverage")
    for what in left_out:
        print(f"Left out: {what}")
    if left_out and os.environ.get("CI") == "true":
        failed.append("something was left out, which CI doesn't allow")
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    print(f"{'FAILED: ' + '; '.join(failed) if failed else 'All is well'} ({minutes} min {seconds} s)")
    return 1 if failed else 0


def _say(what: str) -> None:
    print(f"\n--- {what} ---", flush=True)


def _check(name: str, command: list[str]) -> bool:
    _say(name)
    program = [PYTHON, "manage.py"] if command[0] == "manage.py" else [str(Path(PYTHON).parent / command[0])]
    extra = PRODUCTION if name == "deployment" else {}
    return subprocess.run([*program, *command[1:]], cwd=ROOT, env={**os.environ, **extra}, check=False).returncode == 0


def _install_what_debian_has() -> list[str]:
    """Install the programs that tests use if this is root on Debian; returns what is missing after that, and why."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [package for package, program in DEBIAN.items() if not shutil.which(program, path=path)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _say(f"installing {', '.join(missing)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        missing = [package for package, program in DEBIAN.items() if not shutil.which(program, path=path)]
    return [f"tests with {package}, which is not installed" for package in missing]


def _databases(left_out: list[str]) -> dict[str, Callable[[], contextlib.AbstractContextManager[str]]]:
    found: dict[str, Callable[[], contextlib.AbstractContextManager[str]]] = {
        "sqlite": _sqlite,
        "postgresql": databases.postgresql,
    }
    if databases.mariadb_program():
        found["mariadb"] = databases.mariadb
    elif not any("mariadb" in what for what in left_out):
        left_out.append("tests on MariaDB, which is not installed")
    return found


@contextlib.contextmanager
def _sqlite() -> Iterator[str]:
    yield ""


def _run_tests(url: str, options: list[str], *, slow: bool) -> bool:
    """Those that stand alone on all processors at once; then those with many processes of their own, one by one."""
    environment = {**os.environ, "DATABASE_URL": url}
    which = "" if slow else " and not slow"
    shared = ["-m", "pytest", "-q", "-n", str(os.cpu_count() or 1), "--cov", "--cov-report=", "--cov-append"]
    alone = ["-m", "coverage", "run", "-m", "pytest", "-q", "--durations=5"]
    codes = [
        subprocess.run(
            [PYTHON, *command, "-m", marks + which, *options], cwd=ROOT, env=environment, check=False
        ).returncode
        for command, marks in ((shared, "not real_time"), (alone, "real_time"))
    ]
    return set(codes) <= {0, NO_TESTS} and 0 in codes


def _report_coverage() -> bool:
    _say("branch coverage of apps/")
    subprocess.run([PYTHON, "-m", "coverage", "combine", "-q", "--append"], cwd=ROOT, check=False)
    report = [PYTHON, "-m", "coverage", "report", "--fail-under=95"]
    return subprocess.run(report, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
