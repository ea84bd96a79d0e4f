"""For how long a cluster, and ToGo on it, took no write during a fault."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from lab.prove.outages import Watch


@pytest.fixture
def watch() -> Watch:
    """Plain writes succeeded each second up to the tenth and then from the fifteenth to the twentieth, when they were
    told to stop; ToGo's began a second later."""
    system: Any = SimpleNamespace(database=SimpleNamespace(cluster=object()), ports=[8000])
    world: Any = SimpleNamespace(probes=[1])
    made = Watch(system, world, threading.Event())
    made._began = 0.0
    for (prober,), again in ((made._plain, 15), (made._togo, 16)):
        prober.done = [float(second) for second in (*range(1, 11), *range(again, 21))]
        prober.ended = 20.0
    return made


def test_the_longest_time_without_a_write_during_a_fault(watch: Watch) -> None:
    assert watch.outages([("leader killed", 9.5, 12.0)]) == {"leader killed": [(5.0, 6.0)]}


def test_a_fault_that_lasts_longer_than_the_writes_is_left_out(watch: Watch) -> None:
    assert watch.outages([("rolling restart", 17.5, 18.5), ("leader killed", 19.5, 60.0)]) == {
        "rolling restart": [(1.0, 1.0)]
    }
