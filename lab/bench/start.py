"""How long the second start of bin/run takes, and how much memory its web process holds then."""

import tempfile
import time
from pathlib import Path
from statistics import median

from lab.bench import memory, report
from tests.run_test import togos

# The seconds between the sign-in and the look at the memory.
_REST = 5.0


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    rounds = 1 if quick else 5
    seconds, megabytes = [], []
    with tempfile.TemporaryDirectory(prefix="togo-bench-") as folder:
        home = Path(folder) / "home"
        # An environment as users have it: with the packages that ToGo needs, and no others that it might load.
        more = {} if quick else {"TOGO_VENV": str(Path(folder) / "venv")}
        if not quick:
            # The first start installs, migrates and loads the demonstration.
            with togos.start(home, **more, PIP_NO_INDEX="0"):
                pass
        for _ in range(rounds):
            began = time.perf_counter()
            with togos.start(home, **more) as togo:
                seconds.append(time.perf_counter() - began)
                togo.token("a", "1")
                time.sleep(0 if quick else _REST)
                megabytes.append(_web_process(togo))
    return [
        "## Starting",
        "",
        f"The time from the start of `bin/run` to its welcome message, when everything is installed, and the memory of "
        f"the web server's worker process {_REST:g} s after somebody signed in; medians of {rounds}.",
        "",
        report.at_most("the second start", 5, median(seconds), "s"),
        report.at_most("memory of a web process at rest", 100, median(megabytes), "MB"),
    ]


def _web_process(togo: togos.ToGo) -> float:
    """The megabytes of the web server's largest process, which is the one that answers."""
    master, _ = togo.find("granian")
    return max(memory.resident(pid) for pid in togo.started() if pid == master or _parent(pid) == master)


def _parent(pid: int) -> int:
    # Read the fields after the name: it is in brackets and may contain anything.
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
