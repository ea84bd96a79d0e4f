"""Solves large problems in a process of their own: the solver would hold up every other request of this one.

Run as a program, it reads a problem and writes its plan.
"""

import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast

from apps.services.planner.problem import Plan, Problem

# A problem with fewer days and tasks is solved here, in less time than a process takes to start.
_SMALL_DAYS, _SMALL_TASKS = 3_000, 1_000
_SECONDS = 60
_ROOT = Path(__file__).resolve().parents[3]
# One at a time: each may need 200 MB and a processor.
_turn = threading.Lock()


class TooSlow(Exception):
    """The plan, or one before it, takes more than a minute; the message says which."""


def plan_for(problem: Problem) -> Plan:
    """The plan of `solve`. Raises `TooSlow`."""
    if len(problem.room) <= _SMALL_DAYS and sum(item.number for item in problem.items) <= _SMALL_TASKS:
        from apps.services.planner.solve import solve

        return solve(problem)
    if not _turn.acquire(timeout=_SECONDS):
        raise TooSlow("Another large plan is being made; try again.")
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
            [sys.executable, "-m", __name__],
            input=pickle.dumps(problem),
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise TooSlow("This plan takes more than a minute; ask for a smaller one.") from None
    finally:
        _turn.release()
    return cast(Plan, pickle.loads(done.stdout))  # noqa: S301 - see above


if __name__ == "__main__":
    from apps.services.planner.solve import solve

    sys.stdout.buffer.write(pickle.dumps(solve(pickle.load(sys.stdin.buffer))))  # noqa: S301 - see above
