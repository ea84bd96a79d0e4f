"""Calls with one `Idempotency-Key`: many at once, and sent again after a crash."""

import http.client
import json
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Event, IdempotencyKey, Task, User
from apps.services import limits
from lab.processes import PATIENCE, Client, Server, start_server
from tests.conftest import make_person, token_of
from tests.storm_test.dying import BEFORE_ANSWER, BEFORE_COMMIT, HEADER
from tests.storm_test.storms import Crowd

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

CALLERS = 50
PATH = "/api/users/assignment/"
ROUNDS = 6


class Answer(NamedTuple):
    """An answer with its text, which a replay repeats byte for byte."""

    status: int
    text: bytes
    location: str | None
    replayed: bool
    retry_after: str | None

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str | None:
        """The code of a refusal."""
        code: str | None = self.json.get("code")
        return code


def send(client: Client, key: str, body: Any, path: str = PATH, **headers: str) -> Answer:
    """A POST with that key."""
    sent = {**client.headers, "Idempotency-Key": key, **headers}
    client._connection.request("POST", path, json.dumps(body), sent)
    response = client._connection.getresponse()
    replayed, retry_after = response.getheader("Idempotent-Replayed"), response.getheader("Retry-After")
    text = response.read()
    return Answer(response.status, text, response.getheader("Location"), replayed == "true", retry_after)


@pytest.fixture
def taskmaster(transactional_db: None) -> User:
    return make_person("taskmaster", is_taskmaster=True)


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_person("alice")


@pytest.fixture
def task(transactional_db: None) -> Task:
    return Task.objects.create(name="cooking")


def not_in_use(answers: list[Answer]) -> list[Answer]:
    """The answers except refusals after a wait of 2 seconds for the key, which happen on a busy machine."""
    return [answer for answer in answers if (answer.status, answer.code) != (409, "idempotency_key_in_use")]


def assert_done_once(answers: list[Answer], status: int) -> Any:
    """Check that all answers are the same and one is no replay, and return their JSON."""
    answers = not_in_use(answers)
    assert {answer.status for answer in answers} == {status}, answers
    assert len({(answer.text, answer.location) for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    return answers[0].json


# --- many at once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["set", "not set yet"])
def test_one_of_many_calls_with_one_key_is_done(
    server: Server, taskmaster: User, alice: User, task: Task, limit: str
) -> None:
    crowd = Crowd(server, taskmaster, CALLERS)
    for number in range(ROUNDS):
        day = localdate() + timedelta(days=number)
        if limit == "set":
            limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=day, maximum=3)
        body = {"task": task.pk, "user": alice.pk, "date": day.isoformat()}

        answers = crowd.all_at_once(lambda client, _, body=body, key=str(day): send(client, key, body))

        made = assert_done_once(answers, 201)
        assert made["limit"]["taken"] == 1
        assert Assignment.objects.get(daily_limit__date=day).pk == made["id"]
        assert DailyLimit.objects.get(user=alice, date=day).taken == 1
    assert Event.objects.filter(kind="assigned").count() == IdempotencyKey.objects.count() == ROUNDS
    assert server.retries() < ROUNDS * CALLERS / 1000 + 1
    call_command("check_limits")


@pytest.mark.parametrize(("mode", "status"), [("all", 201), ("each", 207)])
def test_one_of_many_bulks_with_one_key_is_done(
    server: Server, taskmaster: User, alice: User, task: Task, mode: str, status: int
) -> None:
    crowd = Crowd(server, taskmaster, CALLERS)
    tasks = [task.pk, *(Task.objects.create(name=f"task {number}").pk for number in range(2))]
    for number in range(ROUNDS // 2):
        day = (localdate() + timedelta(days=number)).isoformat()
        items = [{"task": pk, "user": person.pk, "date": day} for pk in tasks for person in (alice, taskmaster)]
        body = {"assignments": items, "mode": mode}

        answers = crowd.all_at_once(lambda client, _, body=body, key=day: send(client, key, body, f"{PATH}bulk/"))

        assert_done_once(answers, status)
        assert Assignment.objects.filter(daily_limit__date=day).count() == len(items)
    assert IdempotencyKey.objects.count() == ROUNDS // 2
    assert server.retries() < ROUNDS // 2 * CALLERS / 1000 + 1
    call_command("check_limits")


def test_if_all_calls_are_refused_none_keeps_the_key(server: Server, taskmaster: User, alice: User, task: Task) -> None:
    crowd = Crowd(server, taskmaster, CALLERS)
    body = {"task": task.pk, "user": alice.pk, "date": localdate().isoformat()}
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=localdate(), maximum=0)
    for _ in range(ROUNDS // 2):
        answers = crowd.all_at_once(lambda client, _: send(client, "key", body))

        refused = {(answer.status, answer.code, answer.replayed) for answer in not_in_use(answers)}
        assert refused == {(409, "daily_limit_reached", False)}
        assert not IdempotencyKey.objects.exists()
        assert not Assignment.objects.exists()
    assert server.retries() < ROUNDS // 2 * CALLERS / 1000 + 1

    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=localdate(), maximum=1)
    assert_done_once(crowd.all_at_once(lambda client, _: send(client, "key", body)), 201)
    call_command("check_limits")


# --- a slow call ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one call write at a time, see below")
def test_a_call_during_the_first_one_is_refused_after_2_seconds(
    server: Server, taskmaster: User, alice: User, task: Task
) -> None:
    body = {"task": task.pk, "user": alice.pk, "date": localdate().isoformat()}
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=localdate(), maximum=1)
    clients = [Client(server, token_of(taskmaster)) for _ in range(4)]

    with ThreadPoolExecutor() as pool, transaction.atomic():
        # The call that has the key waits for the day's lock.
        DailyLimit.objects.of(alice.pk, localdate()).locked().get()
        calls = [pool.submit(send, client, "key", body) for client in clients]
        refused = _until_answered(calls, number=3)
    [first] = set(calls) - set(refused)

    for answer in (call.result() for call in refused):
        assert (answer.status, answer.code) == (409, "idempotency_key_in_use")
        assert (answer.retry_after, answer.json["retry_after"]) == ("1", 1)
    assert (first.result().status, first.result().replayed) == (201, False)
    again = send(clients[0], "key", body)
    assert again == first.result()._replace(replayed=True)
    assert Assignment.objects.count() == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the others wait for the key alone, see above")
def test_on_sqlite_all_wait_for_their_turn_to_write_and_get_the_answer(
    server: Server, taskmaster: User, alice: User, task: Task
) -> None:
    body = {"task": task.pk, "user": alice.pk, "date": localdate().isoformat()}
    clients = [Client(server, token_of(taskmaster)) for _ in range(4)]

    with ThreadPoolExecutor() as pool, transaction.atomic():
        calls = [pool.submit(send, client, "key", body) for client in clients]
        time.sleep(3)  # Longer than a call waits for a key.
        assert not any(call.done() for call in calls)

    assert_done_once([call.result() for call in calls], 201)
    assert Assignment.objects.count() == 1


def _until_answered(calls: list["Future[Answer]"], *, number: int) -> list["Future[Answer]"]:
    """The first `number` calls that are answered."""
    answered: set[Future[Answer]] = set()
    while len(answered) < number:
        done, _ = wait(set(calls) - answered, timeout=PATIENCE, return_when=FIRST_COMPLETED)
        assert done, "no call was answered"
        answered |= done
    return list(answered)


# --- a crash ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dies", "kept"), [(BEFORE_ANSWER, True), (BEFORE_COMMIT, False)])
@pytest.mark.parametrize("path", [PATH, f"{PATH}bulk/"])
def test_a_call_that_is_sent_again_after_a_crash_is_done_once(
    taskmaster: User, alice: User, task: Task, dies: str, kept: bool, path: str
) -> None:
    body: Any = {"task": task.pk, "user": alice.pk, "date": localdate().isoformat()}
    if path != PATH:
        body = {"assignments": [body]}
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=localdate(), maximum=1)

    with start_server(workers=1, application="tests.storm_test.dying:application") as server:
        client = Client(server, token_of(taskmaster))
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            send(client, "key", body, path, **{HEADER: dies})

    assert Assignment.objects.count() == DailyLimit.objects.get().taken == IdempotencyKey.objects.count() == kept
    with start_server(workers=1) as server:
        client = Client(server, token_of(taskmaster))
        answers = [send(client, "key", body, path) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert [answer.replayed for answer in answers] == [kept, True]
    assert answers[0].text == answers[1].text
    made = answers[0].json if path == PATH else answers[0].json["assignments"][0]
    assert Assignment.objects.get().pk == made["id"]
    assert (DailyLimit.objects.get().taken, Event.objects.filter(kind="assigned").count()) == (1, 1)
    call_command("check_limits")
