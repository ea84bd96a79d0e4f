"""bin/prove [--minutes N] [--database sqlite|postgresql|URL] [--control] [--full FOLDER] …"""

import argparse
import json
import signal
import sys
from pathlib import Path

from lab.prove import campaign, full, report
from lab.prove.campaign import Options


def main(arguments: list[str]) -> int:
    """0 where every promise was kept; with --control 0 where the checker found the broken limit."""
    parser = argparse.ArgumentParser(prog="bin/prove", description="Hurts a real ToGo under load, and checks it.")
    parser.add_argument("--minutes", type=float, default=5, help="how long clients call (5; with --full, of a round)")
    parser.add_argument(
        "--database", default="sqlite", help="sqlite (default), postgresql, or the URL of an empty database"
    )
    parser.add_argument("--clients", type=int, default=12, help="callers at once (12)")
    parser.add_argument("--seed", type=int, help="to do the same calls and faults again")
    parser.add_argument("--no-faults", action="store_true", help="only the storm")
    parser.add_argument("--control", action="store_true", help="on a ToGo whose guard is taken out")
    parser.add_argument(
        "--full", type=Path, metavar="FOLDER", help="rounds until there are enough; started again it goes on"
    )
    parser.add_argument("--attempts", type=int, default=full.Goals.attempts, help="with --full (1000000)")
    parser.add_argument("--faults", type=int, default=full.Goals.faults, help="of each kind, with --full (50)")
    parser.add_argument("--limit", type=float, default=full.Goals.minutes, help="minutes, with --full (120)")
    parser.add_argument("--json", type=Path, help="where to write its numbers, for `python -m lab.prove.sum`")
    parser.add_argument("--report", type=Path, help="where to write the report")
    parser.add_argument("--keep", type=Path, help="a folder for the logs and what the clients saw")
    given = parser.parse_args(arguments)
    # As Ctrl-C does: everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if given.full:
        goals = full.Goals(given.attempts, given.faults, given.limit)
        return full.run(given.full, goals, given.minutes, given.clients, lambda line: print(line, flush=True))
    options = Options(
        minutes=given.minutes,
        database=given.database,
        clients=given.clients,
        faults=not (given.no_faults or given.control),
        keep=given.keep,
    )
    if given.seed is not None:
        options.seed = given.seed
    if given.control:
        options.application = "lab.prove.control:application"
    result = campaign.run(options, lambda line: print(line, flush=True))
    numbers = report.numbers(result)
    text = report.text(numbers)
    if given.json:
        given.json.write_text(json.dumps(numbers, indent=1) + "\n")
    print(text)
    if given.report:
        given.report.write_text(text)
    if given.control:
        found = result.verdict.counts["broken limit"] > 0
        print("The control broke the limit, and it was found." if found else "THE CONTROL WAS NOT FOUND.")
        return 0 if found else 1
    return 1 if result.verdict.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
