"""Runs one section, in the environment that lab/bench/__main__.py made for it, and keeps its results."""

import argparse
import importlib
import signal
import sys
from pathlib import Path
from types import FrameType

import django
from django.core.management import call_command
from django.db import connection, connections

from lab.bench import plots, report
from lab.bench.sections import SECTIONS


def main() -> None:
    """Migrate the database, measure, and keep the results."""
    parser = argparse.ArgumentParser(prog="lab.bench.one")
    parser.add_argument("section")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    plots.FOLDER = options.folder / "plots"
    django.setup()
    if connection.vendor == "sqlite":
        # On PostgreSQL the database is a copy of a migrated one.
        call_command("migrate", verbosity=0)
    try:
        lines = importlib.import_module(SECTIONS[options.section].module).run(quick=options.quick)
    finally:
        connections.close_all()
    report.keep(options.folder, options.section, lines)


def _end(number: int, frame: FrameType | None) -> None:
    # This raises an exception, so that the servers that were started are stopped.
    sys.exit(f"stopped by signal {number}")


if __name__ == "__main__":
    main()
