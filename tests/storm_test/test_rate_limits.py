"""One person calls from many threads, and several web processes count together."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.models import User
from lab.processes import ROOT, start_server
from tests.storm_test.storms import Crowd

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

CALLERS, CALLS = 32, 10


@pytest.mark.parametrize(("limit", "at_once", "a_second"), [("20/m", 20, 20 / 60), ("50/s", 50, 50), ("off", 320, 0)])
def test_many_calls_at_once_are_answered_up_to_the_limit(
    alice: User, limit: str, at_once: int, a_second: float
) -> None:
    with start_server(workers=2, threads=16, TOGO_RATE_LIMIT=limit) as server:
        crowd = Crowd(server, alice, size=CALLERS)
        start = time.monotonic()
        answers = crowd.all_at_once(lambda client, _: [client.call("GET", "/api/users/me/") for _ in range(CALLS)])
        took = time.monotonic() - start

    statuses = [status for some in answers for status, _ in some]
    assert set(statuses) <= {200, 429}
    # The calls at once, and their share of the time that passed.
    assert at_once <= statuses.count(200) <= at_once + a_second * took + 1e-6
    refused = [problem for some in answers for status, problem in some if status == 429]
    assert all(problem["code"] == "too_many_requests" and problem["retry_after"] >= 1 for problem in refused)


def let_through(file: Path, guard: str) -> int:
    """How many of 24,000 calls of three processes with four threads each are let through."""
    command = [sys.executable, "-m", "tests.storm_test.counting", str(file), "6000", "2000", guard]
    children = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate(timeout=120)[0] for child in children]
    return sum(map(int, said))


def test_processes_that_count_together_let_exactly_the_limit_through(tmp_path: Path) -> None:
    assert let_through(tmp_path / "counts", "guarded") == 6000


def test_control_without_locks_more_are_let_through(tmp_path: Path) -> None:
    # Two processes must interleave their reads and writes, which doesn't always happen on a busy machine.
    assert any(let_through(tmp_path / f"counts {number}", "unguarded") > 6000 for number in range(10))
