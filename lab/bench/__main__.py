"""`bin/bench`: runs each section in a process and a database of its own, then writes a report of all kept results."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lab import databases
from lab.bench import report
from lab.bench.sections import SECTIONS
from lab.processes import ROOT

# The time-out of a section, in seconds.
_SECTION_TIMEOUT = 3600
_TEMPLATE = "bench_template"


def main() -> int:
    """Measure, keep the results, and write the report. Returns 1 if a section failed."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Compares ToGo's speed with that of other services.")
    names = ", ".join(SECTIONS)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"the sections to run, by default all: {names}")
    parser.add_argument("--quick", action="store_true", help="only check that the sections run, and keep no results")
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; choose from {names}")
    failed = []
    with _results_folder(quick=options.quick) as folder, tempfile.TemporaryDirectory(prefix="togo-bench-") as home:
        with contextlib.ExitStack() as stack:
            server = None
            for name in options.sections or SECTIONS:
                if SECTIONS[name].database == "postgresql" and server is None:
                    server = stack.enter_context(_postgresql(Path(home)))
                _say(f"{name} …")
                if not _measure(name, server, Path(home) / name, folder, quick=options.quick):
                    failed.append(name)
                    _say(f"{name} failed.")
        text = report.render(folder)
    _say(text if options.quick else f"Written to {report.PATH}.")
    if failed:
        _say(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


@contextlib.contextmanager
def _results_folder(*, quick: bool) -> Iterator[Path]:
    """The folder for the results; with `quick` a temporary one."""
    if not quick:
        yield report.FOLDER
        return
    with tempfile.TemporaryDirectory(prefix="togo-bench-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _postgresql(home: Path) -> Iterator[str]:
    """The URL of a PostgreSQL that has a migrated template database; `{}` stands in place of a database's name."""
    with databases.postgresql() as url:
        address = url.replace("{", "{{").replace("}", "}}").replace("@/togo?", "@/{}?")
        _execute(address, f"CREATE DATABASE {_TEMPLATE}")
        environment = _environment(home / "migrate", address.format(_TEMPLATE))
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True)
        yield address


def _execute(address: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(address.format("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


def _environment(home: Path, database_url: str) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "TOGO_HOME": str(home),
        "TOGO_LOG_DIR": str(home / "logging"),
        "TOGO_SECRET_KEY": "for benchmarks only, and long enough that ToGo accepts it",
        "TOGO_ALLOWED_HOSTS": "localhost,127.0.0.1",
        # All calls come from one person, and the rate limit isn't measured.
        "TOGO_RATE_LIMIT": "off",
        "CELERY_BROKER_URL": f"redis+socket://{home}/no-broker.sock",
        "DJANGO_SETTINGS_MODULE": "togo.settings",
        "DATABASE_URL": database_url,
        "PEER_DSN": database_url,
    }


def _measure(name: str, server: str | None, home: Path, folder: Path, *, quick: bool) -> bool:
    """Run a section; returns whether it succeeded. If it did, its results replace the earlier ones in the folder."""
    database = f"bench_{name}"
    url = f"sqlite:///{home}/togo.sqlite3"
    if SECTIONS[name].database == "postgresql":
        assert server
        _execute(server, f"CREATE DATABASE {database} TEMPLATE {_TEMPLATE}")
        url = server.format(database)
    command = [sys.executable, "-m", "lab.bench.one", name, str(folder), *(["--quick"] if quick else [])]
    child = subprocess.Popen(command, cwd=ROOT, env=_environment(home, url))
    try:
        return child.wait(_SECTION_TIMEOUT) == 0
    except subprocess.TimeoutExpired:
        _say(f"{name} takes more than {_SECTION_TIMEOUT} s.")
        return False
    finally:
        # After SIGTERM the section stops the servers that it started.
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.wait()
        if SECTIONS[name].database == "postgresql" and server:
            _execute(server, f"DROP DATABASE {database} WITH (FORCE)")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
