"""For how long a cluster, and ToGo on it, took no write during a fault."""

from types import SimpleNamespace
from typing import Any

from lab.prove.outages import Watch


def test_the_longest_time_without_a_write_during_a_fault() -> None:
    system: Any = SimpleNamespace(database=SimpleNamespace(cluster=object()), ports=[8000])
    world: Any = SimpleNamespace(probes=[1])
    watch = Watch(system, world)
    # Writes succeeded each second, but not between the tenth and the fifteenth; ToGo's began a second later.
    watch._began, watch._ended = 0.0, 20.0
    watch._plain[0].done = [*map(float, range(1, 11)), *map(float, range(15, 20))]
    watch._togo[0].done = [*map(float, range(1, 11)), *map(float, range(16, 20))]

    found = watch.outages([("leader killed", 9.5, 12.0), ("rolling restart", 17.5, 18.5)])

    assert found == {"leader killed": [(5.0, 6.0)], "rolling restart": [(1.0, 1.0)]}
