"""What `bin/bench` does: a database of its own, each section in turn, and a report."""

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

SECTIONS = ("assign", "growth", "limit_job")
REPORT = Path(__file__).parent / "results.md"


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures how fast ToGo is, beside others.")
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help=f"which: {', '.join(SECTIONS)}; all")
    parser.add_argument("--quick", action="store_true", help="only see that it runs; the report is printed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="togo-bench-") as home:
        os.environ |= {
            "TOGO_HOME": home,
            "TOGO_LOG_DIR": f"{home}/logging",
            "TOGO_SECRET_KEY": "for benchmarks only, and long enough to be taken by ToGo",
            "TOGO_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "TOGO_RATE_LIMIT": "off",
            "CELERY_BROKER_URL": f"redis+socket://{home}/no-broker.sock",
            "DJANGO_SETTINGS_MODULE": "togo.settings",
        }
        lines = [*_head(), *_measure(options.sections or SECTIONS, quick=options.quick)]
    text = "\n".join(lines) + "\n"
    if options.quick:
        sys.stdout.write(text)
    else:
        REPORT.write_text(text)
        sys.stdout.write(f"{text}\nWritten to {REPORT}.\n")


def _measure(sections: tuple[str, ...] | list[str], *, quick: bool) -> list[str]:
    from tests import databases

    lines: list[str] = []
    with databases.postgresql() as url:
        url = url.replace("@/togo?", "@/postgres?")
        os.environ |= {"DATABASE_URL": url, "PEER_DSN": url}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from bench import assign, growth, limit_job

        runs = {"assign": assign.run, "growth": growth.run, "limit_job": limit_job.run}
        for name in sections:
            lines += ["", *runs[name](quick=quick)]
        from django.db import connections

        connections.close_all()
    return lines


def _head() -> list[str]:
    names = ("Django", "granian", "psycopg", "fastapi", "asyncpg")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    return [
        "# Results",
        "",
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} processors ({platform.machine()}), "
        f"Python {platform.python_version()}, {packages}. Only ratios of one run mean something: clients, servers and "
        "the database share the machine.",
    ]


if __name__ == "__main__":
    main()
