"""A real replica beside the writer: which reads it answers, and when the writer answers them instead."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from apps.models import Task, User, positions, replica
from apps.services import assignments, exports, unit_of_work
from apps.services.shared import replica as watched
from apps.services.shared import spreadsheets
from lab import databases
from lab.processes import PATIENCE, database_url, run_python, wait_until
from lab.replica import Replica, replica_of
from tests.conftest import make_person
from togo.databases import as_replica
from togo.env.addresses import database

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], APIClient]
EXPORT = "/api/users/assignment/export.csv"


@pytest.fixture(scope="module")
def _server(django_db_setup: None) -> Iterator[Replica]:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL's replicas are asked")
    with replica_of(database_url(), logs_statements=True) as server:
        yield server


@pytest.fixture
def _connect(django_db_blocker: Any) -> Callable[..., None]:
    """How Django connects when no test forbids it."""
    with django_db_blocker.unblock():
        return BaseDatabaseWrapper.ensure_connection


@pytest.fixture
def server(
    _server: Replica,
    _connect: Callable[..., None],
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Replica]:
    """The replica of a ToGo that has not asked it yet."""
    monkeypatch.setenv("DATABASE_REPLICA_URL", _server.url)
    monkeypatch.setattr(watched, "_watch", watched._Watch())
    monkeypatch.setattr(watched, "_PATIENCE", PATIENCE)
    default = connection.settings_dict
    url = database("DATABASE_REPLICA_URL")
    url = as_replica(url, writer=default, prepare_statements="auto", home=settings.TOGO_HOME)
    connections.settings |= connections.configure_settings({"default": default, replica.ALIAS: url})
    # The server of the tests doesn't wait for its disk: what it has acknowledged may not be in its log yet.
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    routers = override_settings(DATABASE_ROUTERS=["apps.models.replica.Router"])
    with routers, patch.object(BaseDatabaseWrapper, "ensure_connection", _connect):
        yield _server
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS], connections.settings[replica.ALIAS]
    connection.close()
    if not _server.part.runs():
        _server.start()


@pytest.fixture
def planner(transactional_db: None) -> User:
    """An admin, who has given ann a task for today, and bob the same for today and tomorrow."""
    admin = make_person("planner", is_admin=True, is_taskmaster=True)
    for name, days in (("ann", 1), ("bob", 2)):
        person = make_person(name)
        for number in range(days):
            assign(admin, person, day(number))
    return admin


def assign(actor: User, person: User, date: date) -> None:
    task, _ = Task.objects.get_or_create(name="cooking")
    assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=date)


def day(number: int) -> date:
    return localdate() + timedelta(days=number)


def body(answer: Any) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


def reads(outcome: str) -> float:
    """How many reads had this outcome so far."""
    return REGISTRY.get_sample_value("togo_replica_reads_total", {"outcome": outcome}) or 0


def lines(client: APIClient) -> int:
    """How many assignments an export has."""
    return body(client.get(EXPORT)).count("\n") - 1


READS = {
    "history": ("/api/users/event/", '"kind":"assigned"'),
    "who is free": ("/api/users/availability/?date={date}", '"remaining":4'),
    "when somebody is free": ("/api/users/availability/?user={user}", '"remaining":4'),
    "export": (EXPORT, "bob"),
    "insights": ("/insights/", "cooking"),
    "load": ("/insights/load.csv", ",2,"),
    "full": ("/insights/full.csv", ","),
    "room": ("/insights/room.csv", ","),
    "heat map": ("/insights/people.csv", "bob"),
}


def test_the_replica_answers_and_the_writer_is_only_asked_who_calls(
    server: Replica, planner: User, signed_in: SignIn
) -> None:
    page = Client()
    page.force_login(planner)
    bob = User.objects.get(username="bob")
    tables = re.compile(r"togo_(assignment|dailylimit|event|task)\b")
    for name, (path, part) in READS.items():
        client: Any = signed_in(planner) if path.startswith("/api/") else page
        before, logged = reads("replica"), len(server.log())

        with CaptureQueriesContext(connection) as writer:
            answer = client.get(path.format(date=day(1), user=bob.pk))
            text = body(answer)

        assert (answer.status_code, part in text) == (200, True), (name, text)
        assert reads("replica") == before + 1, name
        assert not [query["sql"] for query in writer if tables.search(query["sql"])], name
        assert tables.search(server.log()[logged:]), name


def test_a_read_has_every_write_that_was_acknowledged_before(server: Replica, planner: User, signed_in: SignIn) -> None:
    client = signed_in(planner)
    people = [make_person(f"person {number}") for number in range(30)]
    before = reads("replica")

    for number, person in enumerate(people, start=1):
        assign(planner, person, day(0))
        assert lines(client) == 3 + number

    assert reads("replica") > before


def test_a_replica_that_is_behind_is_left_alone_until_it_has_caught_up(
    server: Replica, planner: User, signed_in: SignIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(planner)
    assert lines(client) == 3
    monkeypatch.setattr(watched, "_PATIENCE", 0.05)
    server.ask("SELECT pg_wal_replay_pause()")
    try:
        assign(planner, make_person("eve"), day(0))
        behind = reads("behind")
        began = time.monotonic()
        assert lines(client) == 4
        assert "not asked" not in caplog.text, "this happens under load, and is over in a moment"
        wait_until(lambda: lines(client) == 4 and "not asked" in caplog.text)
        assert time.monotonic() - began > 1
        assert reads("behind") > behind + 1
    finally:
        server.ask("SELECT pg_wal_replay_resume()")

    before = reads("replica")
    wait_until(lambda: lines(client) == 4 and reads("replica") > before)
    assert [record.message for record in caplog.records if "replica" in record.message] == [
        "The writer answers all reads, and the replica is not asked: it is behind.",
        "The replica is asked again.",
    ]


def test_the_writer_answers_while_the_replica_is_gone_and_it_is_asked_again_once_it_is_back(
    server: Replica, planner: User, signed_in: SignIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(planner)
    assert lines(client) == 3
    server.part.kill()

    away = reads("away")
    for _ in range(3):
        assert lines(client) == 3
    assert reads("away") == away + 3
    assert caplog.text.count("the replica is not asked") == 1

    server.start()
    before = reads("replica")
    assert lines(client) == 3
    assert reads("replica") == before, "it is left alone for a while"
    monkeypatch.setattr(watched._watch, "_not_before", 0.0)
    assert lines(client) == 3
    assert reads("replica") == before + 1

    # Old connections don't matter.
    server.part.kill()
    server.start()
    assert lines(client) == 3
    assert (reads("replica"), reads("away")) == (before + 2, away + 4)


@pytest.mark.slow
def test_a_replica_that_hangs_delays_one_read_by_a_second(server: Replica, planner: User, signed_in: SignIn) -> None:
    client = signed_in(planner)
    assert lines(client) == 3
    processes = [server.part.pid, *server.part.children()]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert [lines(client) for _ in range(3)] == [3, 3, 3]
        assert 0.9 < time.monotonic() - began < 10
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)


def test_a_read_whose_connection_is_lost_is_done_again_by_the_writer(server: Replica, planner: User) -> None:
    done = []

    @watched.may_answer
    def read() -> int:
        done.append(replica.alias())
        if replica.alias() == replica.ALIAS:
            server.ask(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return User.objects.count()

    away = reads("away")
    assert (read(), done) == (3, ["replica", "default"])
    assert reads("away") == away + 1


def test_a_read_that_replay_ends_is_done_again_by_the_writer(server: Replica, planner: User) -> None:
    done = []

    @watched.may_answer
    def read() -> int:
        done.append(replica.alias())
        if replica.alias() == replica.ALIAS:
            with connections[replica.ALIAS].cursor() as cursor, ThreadPoolExecutor() as writer:
                writer.submit(lock_tasks_once_they_are_read)
                cursor.execute("SELECT pg_sleep(%s) FROM togo_task", [PATIENCE])
        return User.objects.count()

    def lock_tasks_once_they_are_read() -> None:
        reading = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(%'"
        wait_until(lambda: server.ask(reading)[0][0])
        with psycopg.connect(database_url()) as locking:
            locking.execute("LOCK TABLE togo_task")

    conflicts, answers = reads("conflict"), reads("replica")
    server.ask("ALTER SYSTEM SET max_standby_streaming_delay = 0")
    server.ask("SELECT pg_reload_conf()")
    try:
        assert (read(), done) == (3, ["replica", "default"])
    finally:
        server.ask("ALTER SYSTEM RESET max_standby_streaming_delay")
        server.ask("SELECT pg_reload_conf()")
    assert reads("conflict") == conflicts + 1

    # The next one is the replica's again.
    assert watched.may_answer(replica.alias)() == replica.ALIAS
    assert reads("replica") == answers + 1


def test_an_export_goes_on_with_the_writer_if_the_replica_dies_half_way(
    server: Replica, planner: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_ROWS_PER_QUERY", 1)
    monkeypatch.setattr(spreadsheets, "_PIECE", 0)
    answer: Any = signed_in(planner).get(EXPORT)
    pieces = iter(answer.streaming_content)
    text = next(pieces) + next(pieces)

    server.part.kill()
    text += b"".join(pieces)

    assert [line.split(b",")[4] for line in text.splitlines()] == [b"username", b"ann", b"bob", b"bob"]


def test_writes_and_transactions_are_always_the_writers(server: Replica, planner: User) -> None:
    @watched.may_answer
    def read() -> str:
        return replica.alias()

    assert read() == "replica"
    assert unit_of_work.run(read) == "default"
    with replica.asking():
        ann = User.objects.get(username="ann")
        assert unit_of_work.run(replica.alias) == "default"
        ann.first_name = "Ann"
        ann.save()
    assert User.objects.get(username="ann").first_name == "Ann"


def test_a_server_that_follows_no_other_is_not_asked(
    server: Replica, planner: User, signed_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    connections.settings[replica.ALIAS] |= {"OPTIONS": connection.settings_dict["OPTIONS"]}

    away = reads("away")
    assert lines(signed_in(planner)) == 3
    assert reads("away") == away + 1
    assert "it does not follow the writer" in caplog.text


def test_a_server_on_another_timeline_than_the_writer_is_not_asked(server: Replica, planner: User) -> None:
    position = positions.flushed()
    with replica.asking():
        wait_until(lambda: positions.has_replayed(position))
        assert positions.has_replayed(position._replace(timeline=position.timeline + 1)) is None


@pytest.fixture
def after_a_failover(_connect: Callable[..., None]) -> Iterator[tuple[str, str, str]]:
    """The URLs of a server that took the lead, of one that had got more of the old log and was told to follow it, and
    of one that follows it."""
    with databases.postgresql() as url, contextlib.ExitStack() as stack:
        old = url.replace("@/togo", "@/postgres")
        with psycopg.connect(old, autocommit=True) as session:
            session.execute("CREATE ROLE togo LOGIN")
            session.execute("CREATE TABLE written (number integer)")
            leader, ahead = (stack.enter_context(replica_of(old)) for _ in range(2))
            follow(leader, "")
            session.execute("INSERT INTO written SELECT generate_series(1, 10000)")
            end = session.execute("SELECT pg_current_wal_flush_lsn()").fetchall()[0][0]
            wait_until(lambda: ahead.ask(f"SELECT pg_last_wal_replay_lsn() >= '{end}'")[0][0])
        leader.ask("SELECT pg_promote()")
        follow(ahead, f"host={leader.folder} user=postgres")
        wait_until(lambda: ahead.ask("SELECT status = 'waiting' FROM pg_stat_wal_receiver") == [(True,)])
        follower = stack.enter_context(replica_of(leader.url))
        yield leader.url, ahead.url, follower.url


def follow(server: Replica, address: str) -> None:
    server.ask(f"ALTER SYSTEM SET primary_conninfo = '{address}'")
    server.ask("SELECT pg_reload_conf()")
    if not address:
        wait_until(lambda: server.ask("SELECT count(*) FROM pg_stat_wal_receiver") == [(0,)])


@pytest.mark.slow
def test_a_server_that_is_ahead_of_a_new_leader_is_not_asked(after_a_failover: tuple[str, str, str]) -> None:
    leader, ahead, follower = after_a_failover
    look = "import django; django.setup(); from apps.services.shared import replica as r; "
    look += f"r._PATIENCE = {PATIENCE}; print(r._watch.look())"

    def found(url: str, *, role: str) -> str:
        urls = {"DATABASE_URL": leader, "DATABASE_REPLICA_URL": url}
        environment = os.environ | {name: one.replace("postgres@", f"{role}@") for name, one in urls.items()}
        return run_python("-c", look, env=environment | {"DJANGO_SETTINGS_MODULE": "togo.settings"}).stdout.strip()

    # The second one doesn't see the timeline of a server's stream.
    for role in ("postgres", "togo"):
        assert (found(ahead, role=role), found(follower, role=role)) == ("away", "replica")
