"""bin/prove [--minutes N] [--database sqlite|postgresql|URL] [--on patroni|galera] [--control [guard|effort]] …"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from lab import packages
from lab.clusters import galera, patroni
from lab.prove import campaign, full, report
from lab.prove.campaign import Options
from lab.prove.databases import CLUSTERS

PACKAGES = {"patroni": patroni.PACKAGES, "galera": galera.PACKAGES}
CONTROLS = {"guard": "lab.prove.control:application", "effort": "lab.prove.control_effort:application"}


def main(arguments: list[str]) -> int:
    """Returns 0 if every promise was kept; with --control, 0 if the checker found the broken limit."""
    parser = argparse.ArgumentParser(
        prog="bin/prove", description="Injects faults into a ToGo under load, and checks that it kept its promises."
    )
    parser.add_argument(
        "--minutes", type=float, default=5, help="how long clients call; with --full, in each round (5)"
    )
    parser.add_argument(
        "--database", default="sqlite", help="sqlite (default), postgresql, or the URL of an empty database"
    )
    parser.add_argument(
        "--on", choices=sorted(CLUSTERS), help="a cluster of three databases with two web servers and two workers"
    )
    parser.add_argument(
        "--install", action="store_true", help="as root on Debian, install what the cluster needs (CI=true too)"
    )
    parser.add_argument("--clients", type=int, default=12, help="how many clients call at the same time (12)")
    parser.add_argument("--seed", type=int, help="repeats the calls and faults of an earlier run")
    parser.add_argument("--no-faults", action="store_true", help="calls only, without faults")
    parser.add_argument(
        "--control",
        nargs="?",
        choices=sorted(CONTROLS),
        const="guard",
        help="checks that the checker finds a ToGo without its guard, or one that adds 1 instead of the effort",
    )
    parser.add_argument(
        "--full", type=Path, metavar="FOLDER", help="rounds until the goals are reached; continues those in FOLDER"
    )
    parser.add_argument("--attempts", type=int, default=full.Goals.attempts, help="goal of --full (1000000)")
    parser.add_argument("--faults", type=int, default=full.Goals.faults, help="goal of --full for each kind (50)")
    parser.add_argument(
        "--limit", type=float, default=full.Goals.minutes, help="minutes after which --full begins no round (120)"
    )
    parser.add_argument(
        "--after", type=Path, metavar="FOLDER", help="the rounds of a --full: the faults that were rarest come first"
    )
    parser.add_argument("--json", type=Path, help="where to write the numbers, for `python -m lab.prove.sum`")
    parser.add_argument("--report", type=Path, help="where to write the report")
    parser.add_argument("--keep", type=Path, help="a folder for the logs and for all operations as clients saw them")
    given = parser.parse_args(arguments)
    # SIGTERM acts as Ctrl-C does, so that everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if given.on and (absent := _absent_packages(given.on, may_install=given.install)):
        print(f"A cluster needs Debian's packages {' '.join(absent)}: bin/prove --install installs them as root.")
        return 2
    if given.full:
        goals = full.Goals(given.attempts, given.faults, given.limit)
        if given.on:
            goals.databases = (given.on,)
        return full.run(given.full, goals, given.minutes, given.clients, lambda line: print(line, flush=True))
    options = Options(
        minutes=given.minutes,
        database=given.on or given.database,
        clients=given.clients,
        faults=not (given.no_faults or given.control),
        keep=given.keep,
    )
    if given.after:
        options.earlier = full.faults_so_far(given.after)
    if given.seed is not None:
        options.seed = given.seed
    if given.control:
        options.application = CONTROLS[given.control]
    result = campaign.run(options, lambda line: print(line, flush=True))
    numbers = report.numbers(result)
    text = report.text(numbers)
    if given.keep:
        # The report shows only the first ones.
        (given.keep / "findings.txt").write_text("".join(f"{finding}\n" for finding in result.verdict.findings))
    if given.json:
        given.json.write_text(json.dumps(numbers, indent=1) + "\n")
    print(text)
    if given.report:
        given.report.write_text(text)
    if given.control:
        found = result.verdict.counts["broken limit"] > 0
        print("The checker found that the control broke the limit." if found else "THE CHECKER MISSED THE CONTROL.")
        return 0 if found else 1
    return 1 if result.verdict.findings else 0


def _absent_packages(cluster: str, *, may_install: bool) -> list[str]:
    """The packages of that cluster that are missing, after they were installed if that was asked for."""
    wanted = PACKAGES[cluster]
    if may_install or os.environ.get("CI") == "true":
        packages.install(wanted)
    return packages.missing(wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
