"""Many calls with one `Idempotency-Key` at once, and calls whose answer never arrived."""

import contextlib
import http.client
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Event, IdempotencyKey, Task
from apps.services import limits
from tests.conftest import make_person, token_of
from tests.processes import Client, Server, free_port, process, start_server, wait_until
from tests.storm_test.storms import Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

TODAY = localdate()
ASSIGNMENT = "/api/users/assignment/"


def keyed(client: Client, path: str, body: Any, key: str) -> tuple[int, Any]:
    client.headers["Idempotency-Key"] = key
    return client.call("POST", path, body)


def test_50_at_once_with_one_key_make_one_and_get_the_same_answer(server: Server) -> None:
    taskmaster, alice = make_person("boss", is_taskmaster=True), make_person("alice")
    task = Task.objects.create(name="cooking")
    crowd = Crowd(server, taskmaster, 50)
    for number in range(10):
        # Every day is new: its limit is set by the same calls.
        item = {"task": task.pk, "user": alice.pk, "date": (TODAY + timedelta(days=number)).isoformat()}
        bulk = number % 2 == 1
        path, body = (f"{ASSIGNMENT}bulk/", {"assignments": [item]}) if bulk else (ASSIGNMENT, item)

        answers = crowd.all_at_once(lambda client, _, p=path, b=body, k=f"key-{number}": keyed(client, p, b, k))

        assert set(count(answers)) <= {201, 409}, count(answers)
        made = [answer for status, answer in answers if status == 201]
        assert made
        assert all(answer == made[0] for answer in made)
        assert {answer["code"] for status, answer in answers if status == 409} <= {"idempotency_key_in_use"}
        assert Assignment.objects.count() == Event.objects.count() == IdempotencyKey.objects.count() == number + 1
    call_command("check_limits")


def test_a_refusal_is_nobodys_answer_to_keep(server: Server) -> None:
    taskmaster, alice = make_person("boss", is_taskmaster=True), make_person("alice")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=0)
    body = {"task": Task.objects.create(name="cooking").pk, "user": alice.pk, "date": TODAY.isoformat()}

    answers = Crowd(server, taskmaster, 50).all_at_once(lambda client, _: keyed(client, ASSIGNMENT, body, "key"))

    assert count(answers) == {409: 50}
    assert {answer["code"] for _, answer in answers} <= {"daily_limit_reached", "idempotency_key_in_use"}
    assert not IdempotencyKey.objects.exists()
    assert not Assignment.objects.exists()


# --- a crash between the write and the answer -------------------------------------------------------------------

# What the web server runs instead of ToGo: it dies when an answer is ready, or just before the commit.
_DYING = """
import os, signal
from togo.wsgi import application as togo
from apps.services import idempotency

def die():
    os.kill(os.getpid(), signal.SIGKILL)

if os.environ["DIES"] == "before the commit":
    answer = idempotency.Answer
    def last_of_the_work(*args, **more):
        result = answer(*args, **more)
        die()
        return result
    idempotency.Answer = last_of_the_work

def application(environ, start_response):
    body = list(togo(environ, start_response))
    die()
    return body
"""


@contextlib.contextmanager
def dying_server(moment: str) -> Iterator[int]:
    """The port of a ToGo that kills itself while it answers its first request."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dying.py").write_text(_DYING)
        command = ["-m", "granian", "--interface", "wsgi", "--port", str(port), "dying:application"]
        more = {"DIES": moment, "PYTHONPATH": f"{folder}:{Path.cwd()}", "TOGO_LOG_DIR": folder}
        with process(sys.executable, *command, log=Path(folder, "web.txt"), **more):

            def answers() -> bool:
                with contextlib.suppress(OSError):
                    http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                    return True
                return False

            wait_until(answers, what="the web server")
            yield port


@pytest.mark.parametrize(("moment", "is_there"), [("before the commit", False), ("before the answer", True)])
def test_after_a_crash_the_same_call_makes_one_and_not_two(transactional_db: None, moment: str, is_there: bool) -> None:
    taskmaster, alice = make_person("boss", is_taskmaster=True), make_person("alice")
    body = {"task": Task.objects.create(name="cooking").pk, "user": alice.pk, "date": TODAY.isoformat()}
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=5)

    with dying_server(moment) as port:
        client = Client(Server(port, Path()), token_of(taskmaster))
        with pytest.raises((http.client.HTTPException, OSError)):
            keyed(client, ASSIGNMENT, body, "key")
        # A server whose client is gone takes a moment to notice: PostgreSQL's and MariaDB's undo the work then.
        wait_until(lambda: Assignment.objects.exists() is is_there, what="what the crash left")
        assert DailyLimit.objects.get().taken == int(is_there)

    with start_server() as server:
        client = Client(server, token_of(taskmaster))
        status, answer = keyed(client, ASSIGNMENT, body, "key")

    assert (status, answer["id"]) == (201, Assignment.objects.get().pk)
    assert (Event.objects.filter(kind="assigned").count(), DailyLimit.objects.get().taken) == (1, 1)


# --- a call that takes long -------------------------------------------------------------------------------------


def test_who_waits_more_than_2_seconds_for_the_first_call_is_told_so(server: Server) -> None:
    """On SQLite there is nothing to wait for: one writes at a time, and the second call begins when the first ended."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one write at a time: a second call with the key begins after the first one.")
    taskmaster, alice = make_person("boss", is_taskmaster=True), make_person("alice")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=5)
    body = {"task": Task.objects.create(name="cooking").pk, "user": alice.pk, "date": TODAY.isoformat()}
    first, second = (Client(server, token_of(taskmaster)) for _ in range(2))
    answers: list[tuple[int, Any]] = []

    with transaction.atomic():
        # The first call has its key and waits for the day, which is locked here.
        DailyLimit.objects.locked().get()
        waiting = threading.Thread(target=lambda: answers.append(keyed(first, ASSIGNMENT, body, "key")))
        waiting.start()
        time.sleep(0.5)
        status, problem = keyed(second, ASSIGNMENT, body, "key")
    waiting.join(30)

    assert (status, problem["code"], problem["retry_after"]) == (409, "idempotency_key_in_use", 1)
    assert [status for status, _ in answers] == [201]
    assert keyed(second, ASSIGNMENT, body, "key") == answers[0]
    assert Assignment.objects.count() == 1
