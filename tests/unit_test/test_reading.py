"""Readers of the history get every event once, in an order that they may rely on."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from apps.models import Event, ReadingPosition
from apps.models.events import Kind
from apps.services import events, unit_of_work
from apps.services.shared import reading
from lab.processes import PATIENCE
from tests.clock import NOON, freeze_time

READER = "test"


def happen(number: int, *, about: int = 1) -> None:
    for _ in range(number):
        events.note(Kind.DONE, actor_id=1, user_id=about)


def read(reader: str = READER, most: int = 500) -> list[int]:
    """The ids of the events that are read now."""
    got: list[int] = []
    # The work may run again; what was handed over before is undone then.
    reading.read(reader, lambda found: got.__setitem__(slice(None), [event.pk for event in found]), most=most)
    return got


def insert(*ids: int) -> None:
    Event.objects.bulk_create([Event(pk=number, actor=1, kind=Kind.DONE) for number in ids])


@pytest.fixture
def begun(db: None) -> None:
    insert(1000)
    assert read() == []


def test_a_new_reader_begins_at_the_end_and_reads_on_from_there(db: None) -> None:
    happen(3)
    assert read() == []
    happen(2)
    first, second = Event.objects.order_by("pk").values_list("pk", flat=True)[3:]

    assert read() == [first, second]
    assert read() == []


def test_readers_read_on_by_themselves(begun: None) -> None:
    read("another")
    insert(1001)

    assert read() == [1001]
    assert read("another") == [1001]


def test_a_long_history_is_read_in_parts(begun: None) -> None:
    insert(*range(1001, 1011))

    assert [read(most=4) for _ in range(4)] == [[1001, 1002, 1003, 1004], [1005, 1006, 1007, 1008], [1009, 1010], []]


def test_an_id_that_was_missing_is_read_when_it_is_committed(begun: None) -> None:
    insert(1001, 1004, 1007)
    assert read() == [1001, 1004, 1007]
    insert(1005, 1008)
    assert read() == [1005, 1008]
    insert(1002, 1006, 1003)

    assert read() == [1002, 1003, 1006]
    assert read() == []
    [gap] = ReadingPosition.objects.get(pk=READER).missing
    assert gap[:2] == [1, 999], "only those from before its beginning are left"


def test_a_missing_id_is_looked_for_for_an_hour(begun: None) -> None:
    with freeze_time(NOON) as clock:
        insert(1003)
        read()
        clock.shift(timedelta(minutes=59))
        insert(1001)
        assert read() == [1001]
        insert(1006)
        read()
        clock.shift(timedelta(minutes=2))
        assert read() == []

        assert [gap[:2] for gap in ReadingPosition.objects.get(pk=READER).missing] == [[1004, 1005]]
        insert(1002)
        assert read() == []


def test_a_reader_that_was_away_for_long_still_finds_what_was_missing(begun: None) -> None:
    with freeze_time(NOON) as clock:
        insert(1002)
        read()
        insert(1001)
        clock.shift(timedelta(days=3))

        assert read() == [1001]


def test_many_and_large_gaps_are_no_burden(begun: None) -> None:
    insert(*range(1002, 2000, 2), 2**40)
    assert len(read()) == 499 + 1
    insert(2**39, 1001, 1999)

    assert read() == [1001, 1999, 2**39]


def test_what_is_handed_over_is_read_again_if_the_reader_fails(begun: None) -> None:
    insert(1001, 1003)

    def fail(found: list[Event]) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        reading.read(READER, fail)

    assert read() == [1001, 1003]


def test_a_reader_can_skip_to_the_end_and_still_gets_what_is_being_committed(begun: None) -> None:
    insert(1001, 1003, 5000, 5002)
    unit_of_work.run(lambda: reading.skip(reading.locked(READER)))
    insert(1002, 5001, 5003)

    assert read() == [5001, 5003]
    assert reading.highest_id() == 5003


def test_it_is_known_how_long_the_oldest_event_waits(begun: None) -> None:
    with freeze_time(NOON) as clock:
        assert reading.unread_since(READER) is None
        insert(1001)
        clock.shift(timedelta(seconds=90))
        insert(1002)
        assert reading.unread_since(READER) == 90
        read()
        assert reading.unread_since(READER) is None
    assert reading.unread_since("nobody") is None


class ByIds:
    """The control: a reader that only remembers the highest id that it has seen."""

    def __init__(self) -> None:
        self.got: list[int] = []

    def read(self) -> None:
        last = self.got[-1] if self.got else 0
        self.got += Event.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)


@pytest.fixture
def in_threads(transactional_db: None) -> Iterator[list[threading.Thread]]:
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join()


def begin(threads: list[threading.Thread], work: object) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    threads.append(threading.Thread(target=run))
    threads[-1].start()


@pytest.mark.real_time
def test_an_event_that_is_committed_late_is_read_and_a_reader_by_ids_loses_it(
    in_threads: list[threading.Thread],
) -> None:
    """On SQLite there is only one transaction at a time, so ids are committed in their order."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite commits ids in their order")
    read()
    control = ByIds()
    written, may_commit = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            happen(1)
            written.set()
            may_commit.wait(PATIENCE)

    begin(in_threads, late)
    assert written.wait(PATIENCE)
    happen(1)
    control.read()
    first = read()
    may_commit.set()
    in_threads[0].join()
    control.read()
    then = read()

    everything = set(Event.objects.values_list("pk", flat=True))
    assert len(everything) == 2
    assert {*first, *then} == everything
    assert len(control.got) == 1, "the control must lose the event, else this test shows nothing"


@pytest.mark.real_time
def test_a_storm_of_transactions_is_read_completely_and_in_the_order_of_each_day(
    in_threads: list[threading.Thread],
) -> None:
    """Each thread changes a day of its own, again and again, and rolls some changes back. The control reads at the same
    moments."""
    read()
    control = ByIds()
    got: list[int] = []
    numbers, threads = 25, 6

    def write(about: int) -> None:
        for number in range(numbers):
            with transaction.atomic():
                events.note(Kind.DONE, actor_id=1, user_id=about, assignment_id=number + 1)
                time.sleep(0.001 * ((about + number) % 5))
                if number % 5 == 4:
                    transaction.set_rollback(True)

    def is_shown() -> bool:
        return bool(got) and (connection.vendor == "sqlite" or len(control.got) < len(got))

    # Once more where no transaction of a whole round was read across, as on a machine that is busy.
    rounds = 0
    while rounds < 10 and not is_shown():
        rounds += 1
        for about in range(1, threads + 1):
            begin(in_threads, lambda about=about: write(about))
        while any(thread.is_alive() for thread in in_threads):
            control.read()
            got += read(most=20)
        while more := read():
            got += more
        control.read()

    assert sorted(got) == sorted(Event.objects.values_list("pk", flat=True))
    assert len(got) == rounds * threads * numbers * 4 // 5
    days = dict(Event.objects.values_list("pk", "user"))
    for about in range(1, threads + 1):
        of_day = [number for number in got if days[number] == about]
        assert of_day == sorted(of_day)
    assert is_shown(), "the control must lose events, else this test shows nothing"
