"""A caller may make a number of calls at once, and as many again in each period, whatever happens to the file."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example
from hypothesis import strategies as st

from apps.exceptions.base import TooManyRequests
from apps.services.shared import rate_limits
from apps.services.shared.rate_limits import Counter, require_room
from tests.unit_test.test_logs import Log

pytestmark = pytest.mark.no_db

SECOND = 1_000_000_000
NOW = 5_000 * SECOND


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Callable[[int, int], Counter]]:
    """A function that opens counters of one file."""
    opened: list[Counter] = []

    def count(calls: int, seconds: int) -> Counter:
        opened.append(Counter(tmp_path / "calls", calls, seconds))
        return opened[-1]

    yield count
    for one in opened:
        one.close()


@pytest.fixture
def limited(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Three calls in a second, counted in this test's own folder."""
    settings.TOGO_HOME, settings.TOGO_RATE_LIMIT = tmp_path, (3, 1)
    rate_limits._warn_once.cache_clear()
    yield
    for key in [key for key in rate_limits._opened if key[0].parent == tmp_path]:
        rate_limits._opened.pop(key).close()


def wait(counter: Counter, caller: str, now: int) -> int:
    return counter.wait(caller, lambda: now)


def passes(counter: Counter, caller: str, times: int, now: int = NOW) -> int:
    """How many of `times` calls are let through."""
    return sum(wait(counter, caller, now) == 0 for _ in range(times))


# --- how many are let through -----------------------------------------------------------------------------------


def test_lets_the_limit_through_at_once_and_then_says_how_long_to_wait(counter: Callable[[int, int], Counter]) -> None:
    calls = counter(4, 1)

    assert [wait(calls, "alice", NOW) for _ in range(6)] == [0, 0, 0, 0, SECOND // 4, SECOND // 4]
    assert wait(calls, "alice", NOW + SECOND // 4 - 1) == 1
    assert wait(calls, "alice", NOW + SECOND // 4) == 0
    assert wait(calls, "alice", NOW + SECOND // 4) == SECOND // 4
    # After a whole period without calls, the full limit is let through again.
    assert passes(calls, "alice", 9, NOW + 3 * SECOND) == 4


def test_callers_are_counted_separately(counter: Callable[[int, int], Counter]) -> None:
    calls = counter(2, 60)

    assert [passes(calls, f"person {number}", 5) for number in range(500)] == [2] * 500


@example(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.integers(1, 300),
    seconds=st.sampled_from([1, 60, 3600]),
    pauses=st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=150),
    slow=st.integers(1, 1000),
)
def test_never_lets_more_through_than_the_limit_and_its_share_of_the_time(
    tmp_path: Path, calls: int, seconds: int, pauses: list[int], slow: int
) -> None:
    (tmp_path / "calls").unlink(missing_ok=True)
    counter = Counter(tmp_path / "calls", calls, seconds)
    now, let_through = NOW, []
    for pause in pauses:
        now += pause // slow
        if wait(counter, "alice", now) == 0:
            let_through.append(now)
    counter.close()

    assert let_through
    for first, start in enumerate(let_through):
        for last in range(first, len(let_through)):
            most = calls + calls * (let_through[last] - start) / (seconds * SECOND)
            assert last - first + 1 <= most + 1e-6


# --- the file, and the clock ------------------------------------------------------------------------------------


def test_continues_the_count_of_another_process(counter: Callable[[int, int], Counter]) -> None:
    assert passes(counter(5, 1), "alice", 3) == 3
    assert passes(counter(5, 1), "alice", 9) == 2


@pytest.mark.parametrize("now", [NOW - 4_000 * SECOND, NOW + 10**6 * SECOND, 1])
def test_a_clock_that_jumps_locks_nobody_out(counter: Callable[[int, int], Counter], now: int) -> None:
    """The clock starts again when the machine does."""
    calls = counter(3, 60)
    assert passes(calls, "alice", 9) == 3

    assert passes(calls, "alice", 9, now) == 3


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x7f" * 100, b"\xff" * 5_000_000, Random(1).randbytes(5_000_000)],
    ids=["emptied", "cut off", "overwritten", "random"],
)
def test_a_file_that_is_damaged_or_cut_off_locks_nobody_out(
    counter: Callable[[int, int], Counter], tmp_path: Path, damage: bytes
) -> None:
    calls = counter(3, 60)
    assert passes(calls, "alice", 9) == 3
    (tmp_path / "calls").write_bytes(damage)

    assert [passes(calls, name, 9) for name in ("alice", "bob")] == [3, 3]


def test_a_new_caller_replaces_the_caller_who_waits_least(
    counter: Callable[[int, int], Counter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "_ROWS", 1)
    calls = counter(3, 60)
    for number in range(8):
        assert passes(calls, f"person {number}", 9) == 3

    assert passes(calls, "a ninth", 9) == 3
    assert sum(passes(calls, f"person {number}", 1) for number in range(8)) <= 3


@pytest.mark.parametrize("what", ["open", "pread", "pwrite"])
def test_calls_that_can_not_be_counted_are_let_through_with_one_warning(
    limited: None, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    log = Log("debug.log")
    monkeypatch.setattr(rate_limits.os, what, fail)
    for _ in range(9):
        require_room("alice")
    monkeypatch.undo()

    [line] = log.lines()
    assert (line["level"], line["logger"]) == ("WARNING", "apps.services.shared.rate_limits")
    assert "No space left on device" in line["message"]


def test_a_call_does_not_wait_for_a_process_that_stands_still(limited: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_to_lock(file: int, command: int, *args: Any) -> None:
        raise BlockingIOError

    monkeypatch.setattr(rate_limits.fcntl, "lockf", fail_to_lock)
    monkeypatch.setattr(rate_limits, "_PAUSE", 0)
    for _ in range(5):
        require_room("alice")


# --- refusals ---------------------------------------------------------------------------------------------------


def test_a_refusal_names_the_limit_and_the_wait(limited: None, settings: Any) -> None:
    for _ in range(3):
        require_room("alice")
    with pytest.raises(TooManyRequests, match="You may make 3 calls in a second; wait") as refused:
        require_room("alice")
    assert refused.value.data == {"retry_after": 1}

    settings.TOGO_RATE_LIMIT = (2, 3600)
    for _ in range(2):
        require_room("bob")
    with pytest.raises(TooManyRequests, match="You may make 2 calls in an hour; wait") as refused:
        require_room("bob")
    assert refused.value.data == {"retry_after": 1800}


def test_off_counts_nothing_and_opens_nothing(limited: None, settings: Any, tmp_path: Path) -> None:
    settings.TOGO_RATE_LIMIT = None
    for _ in range(9):
        require_room("alice")

    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_reads_the_file_and_no_name_is_in_it(limited: None, tmp_path: Path) -> None:
    require_room("address 192.0.2.77")

    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"192.0.2" not in file.read_bytes()
