"""What `bin/test` does once there is an environment: every check, and the tests on every database."""

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lab import databases, packages
from lab.clusters import galera, patroni

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
# Debian's packages that tests use, and a program of each.
DEBIAN = {
    "chromium-headless-shell": "chromium-headless-shell",
    "gettext": "xgettext",
    "mariadb-server": "mariadbd",
    "nginx-light": "nginx",
    "redis-server": "redis-server",
    "systemd": "systemd-analyze",
}
DEBIAN_FOR_ALL = {"pgbouncer": "pgbouncer", **patroni.PACKAGES, **galera.PACKAGES}
# The other Pythons that the README promises; bin/test itself runs with the oldest.
OTHER_PYTHONS = ("3.12", "3.13")
# An installation as others reach it, for Django's deployment checks.
PRODUCTION = {
    "DATABASE_URL": "postgres://togo@localhost/togo",
    "TOGO_SECRET_KEY": "kT9w-".join("only to be looked at by check --deploy"),
    "TOGO_ALLOWED_HOSTS": "togo.example.org",
    "TOGO_HTTPS": "on",
}
CHECKS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "OpenAPI": ["manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
}
# The coverage of the measured run. SlipCover changes the code that it measures instead of tracing it, which costs
# nearly nothing; coverage.py makes a run take 1.7 times as long. The tests on PostgreSQL run the second file that is
# left out.
COVERAGE = ".coverage-{}.json"
MEASURING = ["slipcover", "--branch", "--source", "apps"]
MEASURING += ["--omit", "apps/migrations/*,apps/services/slots/postgresql.py", "--json", "--out"]
LOWEST_COVERAGE = 95
# pytest's exit code when no test was chosen.
NO_TESTS = 5


@dataclass(frozen=True)
class Leg:
    """A run of pytest with a database of its own. One of them is measured for the branch coverage."""

    name: str
    database: str
    marks: str
    # Collect only the modules whose path and text match this: collecting all takes longer than some runs do.
    modules: str
    measured: bool = False
    # Whether the database waits for the disk, as in use: storms and proofs are about that.
    durable: bool = False
    # Which brokers the tests use that need one.
    brokers: str = "valkey redis"


COMMANDS = "real_time and no_db and not browser"
EVERYWHERE = "(every_database or not no_db)"
STORMS = f"real_time and {EVERYWHERE}"
# The modules whose tests don't all have one of these marks. A mark of single tests excludes no module.
OTHERS_THAN = r"\A(?!.*/browser_test/)(?!.*\npytestmark = (?:\[[^]]*?)?pytest\.mark\.(?:{})\b)"
ON_EACH_DATABASE = f"every_database|{OTHERS_THAN.format('no_db|real_time')}(?!.*/web_test/)"
WITH_STORMS = OTHERS_THAN.format("no_db") + ".*real_time"
# The longest first. What is marked `no_db` works alike on every database, so it runs on SQLite alone; there, a plugin
# fails the run if it sends a statement that nothing sends on every database.
LEGS = [
    Leg("commands", "sqlite", COMMANDS, durable=True, modules=r"/(run|prove)_test/.*real_time"),
    Leg("PostgreSQL", "postgresql", f"not real_time and {EVERYWHERE}", modules=ON_EACH_DATABASE),
    Leg("random input", "sqlite", "fuzz", modules=r"mark\.fuzz"),
    Leg(
        "SQLite",
        "sqlite",
        "not real_time and not fuzz",
        measured=True,
        modules=OTHERS_THAN.format("real_time|fuzz"),
    ),
    Leg("workers and servers", "sqlite", COMMANDS, durable=True, modules=r"/(?!run|prove)\w+_test/.*real_time"),
    Leg("PostgreSQL, real processes", "postgresql", STORMS, durable=True, brokers="redis", modules=WITH_STORMS),
    Leg("pages in a browser", "sqlite", "browser", modules="/browser_test/"),
    Leg("MariaDB, real processes", "mariadb", STORMS, durable=True, brokers="valkey", modules=WITH_STORMS),
    Leg("SQLite, real processes", "sqlite", STORMS, durable=True, brokers="valkey", modules=WITH_STORMS),
    Leg("MariaDB", "mariadb", f"not real_time and {EVERYWHERE}", modules=ON_EACH_DATABASE),
]
QUICK = [replace(leg, measured=False) for leg in LEGS if leg.name in ("random input", "SQLite")]


def main() -> int:
    """Run everything; 0 when all passed and, in CI, nothing was left out."""
    parser = argparse.ArgumentParser(prog="bin/test", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the checks, and the tests on SQLite without storms")
    parser.add_argument("--all", action="store_true", help="also what takes long, and the other Pythons")
    parser.add_argument("--only", choices=("sqlite", "postgresql", "mariadb"), help="one database, without the checks")
    parser.add_argument(
        "--install", action="store_true", help="as root on Debian, install what tests use (CI=true too)"
    )
    options, more = parser.parse_known_args()
    started = time.monotonic()
    # Compile each module once, and not in each of the hundreds of processes that tests start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    in_ci = os.environ.get("CI") == "true"
    programs = {} if options.quick else {**DEBIAN, **(DEBIAN_FOR_ALL if options.all else {})}
    left_out = _install_programs(programs, may_install=options.install or in_ci)
    legs = [leg for leg in (QUICK if options.quick else LEGS) if options.only in (None, leg.database)]
    if not databases.mariadb_program():
        legs = [leg for leg in legs if leg.database != "mariadb"]
    for stale in ROOT.glob(COVERAGE.format("*")):
        stale.unlink()
    report = _Report()
    slow = "" if options.all else " and not slow"
    if options.quick:
        os.environ["TOGO_QUICK"] = "yes"
    if options.all:
        os.environ.setdefault("TOGO_EXAMPLES", "400")
        os.environ.setdefault("TOGO_LONG_STORMS", "yes")
    # Tests with real processes wait for half of their time.
    with ThreadPoolExecutor(2 + (os.cpu_count() or 1)) as side_by_side:
        parts = [] if options.only else [side_by_side.submit(_check_code, report)]
        parts += [side_by_side.submit(_run, leg, report, more, leg.marks + slow) for leg in legs]
    for part in parts:
        part.result()
    if not (options.only or options.quick or more):
        report.add("coverage", passed=_report_coverage())
    if options.all:
        left_out += _test_with_other_pythons(report)
    for what in left_out:
        print(f"Left out: {what}")
    if left_out and in_ci:
        report.add("something was left out, which CI doesn't allow", passed=False)
    return report.close(time.monotonic() - started)


class _Report:
    """What passed, what failed, and where the time went."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: list[str] = []
        self._seconds: dict[str, float] = {}

    def add(self, name: str, *, passed: bool, seconds: float = 0, output: str = "") -> None:
        """Note a part that has ended, and print its output as a whole: others run at the same time."""
        with self._lock:
            if output:
                print(f"\n--- {name} ({seconds:.0f} s) ---\n{output.rstrip()}", flush=True)
            if not passed:
                self._failed.append(name)
            if seconds:
                self._seconds[name] = seconds

    def close(self, seconds: float) -> int:
        """Print the sum; returns the exit code."""
        print("\nSeconds: " + "; ".join(f"{name} {taken:.0f}" for name, taken in self._seconds.items()))
        version = ".".join(map(str, sys.version_info[:3]))
        result = f"FAILED: {'; '.join(self._failed)}" if self._failed else "All is well"
        print(f"{result} on Python {version} ({int(seconds) // 60} min {int(seconds) % 60} s)")
        return 1 if self._failed else 0


def _check_code(report: _Report) -> None:
    for name, command in CHECKS.items():
        program = [PYTHON, "manage.py"] if command[0] == "manage.py" else [str(Path(PYTHON).parent / command[0])]
        extra = PRODUCTION if name == "deployment" else {}
        _do(report, name, [*program, *command[1:]], {**os.environ, **extra})


def _do(
    report: _Report, name: str, command: list[str], environment: dict[str, str], passing: tuple[int, ...] = (0,)
) -> None:
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    report.add(name, passed=done.returncode in passing, seconds=time.monotonic() - began, output=done.stdout)


def _run(leg: Leg, report: _Report, more: list[str], marks: str) -> None:
    with tempfile.TemporaryDirectory(prefix="togo-leg-") as folder, _database(leg) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "PYTEST_ADDOPTS": f"{os.environ.get('PYTEST_ADDOPTS', '')} -o cache_dir={folder}",
            "TOGO_TEST_BROKERS": leg.brokers,
        }
        measuring = ["-m", *MEASURING, COVERAGE.format(leg.name.replace(" ", "-"))] if leg.measured else []
        command = [PYTHON, *measuring, "-m", "pytest", "-q", *more, "-m", marks]
        if not more:
            command += _modules(leg)
            if leg.name == "SQLite":
                command += ["-p", "tests.statements"]
        if leg.marks != "fuzz":
            # Loading the plugin takes longer than most modules.
            command += ["-p", "no:schemathesis"]
        _do(report, leg.name, command, environment, passing=(0, NO_TESTS))


def _modules(leg: Leg) -> list[str]:
    """What a run collects: the modules that can have tests for it."""
    modules = sorted([*ROOT.glob("tests/*_test/test_*.py"), *ROOT.glob("tests/*_test/user_detail_task.py")])
    return [str(path) for path in modules if re.search(leg.modules, f"{path}\n{path.read_text()}", re.DOTALL)]


@contextlib.contextmanager
def _database(leg: Leg) -> Iterator[str]:
    if leg.database == "sqlite":
        yield ""
        return
    start = databases.postgresql if leg.database == "postgresql" else databases.mariadb
    with start(durable=leg.durable) as url:
        yield url


def _install_programs(programs: dict[str, str], *, may_install: bool) -> list[str]:
    """Install the packages whose programs are missing, if allowed and possible; returns what stays untested."""
    if may_install:
        packages.install(programs)
    return [
        f"tests with {package}, which is not installed (bin/test --install installs it, as root on Debian)"
        for package in packages.missing(programs)
    ]


def _report_coverage() -> bool:
    """Print the coverage of the measured runs together; returns whether it is high enough."""
    print("\n--- coverage of apps/, lines and branches ---", flush=True)
    runs = [str(file) for file in ROOT.glob(COVERAGE.format("*"))]
    together = ["--merge", *runs, "--out", COVERAGE.format("merged"), "--skip-covered"]
    report = [PYTHON, "-m", "slipcover", *together, f"--fail-under={LOWEST_COVERAGE}"]
    return bool(runs) and subprocess.run(report, cwd=ROOT, check=False).returncode == 0


def _test_with_other_pythons(report: _Report) -> list[str]:
    """Run `bin/test --quick` with each other Python of this machine; returns which are missing."""
    missing = []
    for version in OTHER_PYTHONS:
        python = _python(version)
        if python is None:
            missing.append(f"the tests on Python {version}, which is not on this machine")
            continue
        environment = {**os.environ, "TOGO_VENV": str(ROOT / f".venv-{version}")}
        _do(report, f"Python {version}", [python, "bin/test", "--quick"], environment)
    return missing


def _python(version: str) -> str | None:
    folders = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin"))
    return shutil.which(f"python{version}", path=os.pathsep.join([*map(str, folders), os.environ["PATH"]]))


if __name__ == "__main__":
    sys.exit(main())
