"""Keys while many callers use, make and delete them at the same moment."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apps.models import ApiKey, User
from apps.models.api_keys import Scope
from apps.services import api_keys
from lab.processes import Client, Server, start_server, wait_until
from tests.conftest import token_of
from tests.storm_test.storms import Crowd, count

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

KEYS = "/api/users/api-key/"
ME = "/api/users/me/"


def make_key(person: User) -> tuple[int, str]:
    """The id of a new key, and the key."""
    row, key = api_keys.create(actor=person, name="program", scope=Scope.READ)
    return row.pk, key


def statuses_after_a_deletion(server: Server, person: User) -> set[int]:
    """A hundred programs call without a pause while their key is deleted: the statuses of the calls that began after
    the answer to the deletion, 200 calls at least."""
    key_id, key = make_key(person)
    owner = Client(server, token_of(person))
    calls: list[tuple[float, int]] = []
    ended = threading.Event()

    def succeeded() -> bool:
        return sum(status == 200 for _, status in calls.copy()) >= 200

    def call_on(program: Client, _: int) -> None:
        program.headers["Authorization"] = f"Bearer {key}"
        while not ended.is_set():
            begun = time.monotonic()
            calls.append((begun, program.call("GET", ME)[0]))

    def delete() -> float:
        try:
            wait_until(succeeded, what="calls with the key")
            assert owner.call("DELETE", f"{KEYS}{key_id}/") == (204, None)
            deleted = time.monotonic()
            wait_until(lambda: sum(begun > deleted for begun, _ in calls.copy()) >= 200, what="calls after it")
        finally:
            ended.set()
        return deleted

    with ThreadPoolExecutor(1) as pool:
        deletion = pool.submit(delete)
        Crowd(server, person, size=100).all_at_once(call_on)
        deleted = deletion.result()
    assert {status for begun, status in calls if begun < deleted} <= {200, 401}
    return {status for begun, status in calls if begun > deleted}


def test_no_call_that_begins_after_a_key_is_deleted_succeeds(server: Server, alice: User) -> None:
    assert statuses_after_a_deletion(server, alice) == {401}


def test_control_a_server_that_remembers_keys_fails_this_test(alice: User) -> None:
    with start_server(workers=1, application="tests.storm_test.remembering:application") as server:
        assert 200 in statuses_after_a_deletion(server, alice)


def test_a_crowd_with_one_new_key_is_answered_and_its_use_is_noted(server: Server, alice: User) -> None:
    _, key = make_key(alice)

    def call(program: Client, _: int) -> tuple[int, Any]:
        program.headers["Authorization"] = f"Bearer {key}"
        return program.call("GET", ME)

    answers = Crowd(server, alice, size=64).all_at_once(call)

    assert count(answers) == {200: 64}
    assert ApiKey.objects.get().last_used_at is not None


def test_sixty_callers_at_once_make_fifty_keys(server: Server, alice: User) -> None:
    crowd = Crowd(server, alice, size=60)

    answers = crowd.all_at_once(lambda client, _: client.call("POST", KEYS, {"name": "x", "scope": "read"}))

    assert count(answers) == {201: 50, 409: 10}
    assert {problem["code"] for status, problem in answers if status == 409} == {"too_many_keys"}
    assert ApiKey.objects.filter(user=alice).count() == 50
