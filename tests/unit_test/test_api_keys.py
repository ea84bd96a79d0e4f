"""The form of API keys, whom they belong to, and when they work."""

import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.exceptions.api_keys import TooManyKeys
from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound
from apps.exceptions.idempotency import IdempotencyKeyInUse
from apps.exceptions.users import UserNotFound
from apps.models import ApiKey, User
from apps.models.api_keys import Scope
from apps.services import api_keys, users
from tests.clock import freeze_time
from tests.unit_test.test_oidc import at_once

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def make_key(person: User, **more: Any) -> str:
    """A new key, as it is sent with calls."""
    return api_keys.create(actor=person, **{"name": "backup", "scope": Scope.ALL, **more})[1]


def person_of(key: str) -> User | None:
    found = api_keys.in_use(key=key)
    return found.person if found else None


# --- the form of a key ------------------------------------------------------------------------------------------


def test_a_key_ends_in_the_checksum_of_its_random_part(alice: User) -> None:
    chosen, checksum = re.fullmatch(r"togo_([0-9A-Za-z]{30})([0-9A-Za-z]{6})", make_key(alice)).groups()

    number = 0
    for digit in checksum:
        number = number * 62 + DIGITS.index(digit)
    assert number == zlib.crc32(chosen.encode())


def test_every_key_is_another_one(alice: User) -> None:
    assert len({make_key(alice) for _ in range(20)}) == 20


def test_the_key_is_not_stored_and_its_prefix_names_it(alice: User) -> None:
    key = make_key(alice)

    row = ApiKey.objects.values().get()
    assert (row["user_id"], row["name"], row["scope"]) == (alice.pk, "backup", "all")
    assert row["prefix"] == key[:11]
    assert key[11:] not in str(row)


@pytest.mark.parametrize("change", ["end", "middle", "case", "short", "long", "empty", "form"])
def test_a_mistyped_key_is_refused_without_a_query(alice: User, change: str) -> None:
    key = make_key(alice)
    last = "0" if key[-1] != "0" else "1"
    wrong = {
        "end": key[:-1] + last,
        "middle": key[:20] + ("0" if key[20] != "0" else "1") + key[21:],
        "case": key.swapcase(),
        "short": key[:-1],
        "long": f"{key}0",
        "empty": "togo_",
        "form": f"togo_{'é' * 36}",
    }[change]

    with CaptureQueriesContext(connection) as queries:
        assert person_of(wrong) is None
    assert len(queries) == 0


# --- when it works ----------------------------------------------------------------------------------------------


def test_a_key_leads_to_its_person_in_one_query(taskmaster: User, alice: User) -> None:
    make_key(taskmaster)
    key = make_key(alice, scope=Scope.READ)
    assert api_keys.in_use(key=key) is not None  # The first use is noted.

    with CaptureQueriesContext(connection) as queries:
        found = api_keys.in_use(key=key)

    assert (found.person, found.scope) == (alice, Scope.READ)
    assert (found.person.is_active, found.person.is_taskmaster) == (True, False)
    assert found.person.stamp == alice.stamp
    assert len(queries) == 1


def test_an_unknown_key_is_refused(alice: User) -> None:
    key = make_key(alice)
    ApiKey.objects.all().delete()

    assert person_of(key) is None


def test_a_key_works_until_it_expires(alice: User) -> None:
    key = make_key(alice, expires_at=NOON + timedelta(hours=1))

    with freeze_time("2026-03-02T12:59:59.999Z"):
        assert person_of(key) == alice
    with freeze_time("2026-03-02T13:00:00Z"):
        assert person_of(key) is None


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_a_key_can_not_expire_in_the_past(alice: User, seconds: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make_key(alice, expires_at=NOON + timedelta(seconds=seconds))

    assert [error["field"] for error in refused.value.data["errors"]] == ["expires_at"]
    assert not ApiKey.objects.exists()


def test_a_deactivation_ends_a_key_for_good(admin: User, alice: User) -> None:
    key = make_key(alice)
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)
    assert person_of(key) is None

    users.update_user(actor=admin, user_id=alice.pk, is_active=True)
    assert person_of(key) is None
    alice.refresh_from_db()
    assert list(api_keys.keys_of(actor=alice)) == []
    assert person_of(make_key(alice)) == alice


def test_a_key_of_a_deactivated_person_does_not_work(alice: User) -> None:
    """Whatever deactivated them: this write doesn't begin a new epoch."""
    key = make_key(alice)
    User.objects.get_queryset().filter(pk=alice.pk).update(is_active=False)

    assert person_of(key) is None


def test_a_person_who_is_deactivated_meanwhile_gets_no_key(admin: User, alice: User) -> None:
    users.update_user(actor=admin, user_id=alice.pk, is_active=False)

    with pytest.raises(NotAllowed):
        make_key(alice)
    assert not ApiKey.objects.exists()


def test_another_password_leaves_the_keys(admin: User, alice: User) -> None:
    key = make_key(alice)
    users.set_password(actor=admin, user_id=alice.pk, password="a swim in the sea")

    assert person_of(key) == alice


# --- when it was used -------------------------------------------------------------------------------------------


def test_a_use_is_noted_once_a_minute(alice: User) -> None:
    key = make_key(alice)
    noted = []
    for second in (0, 1, 59, 60, 119, 120):
        with freeze_time(NOON + timedelta(seconds=second)), CaptureQueriesContext(connection) as queries:
            assert person_of(key) == alice
        writes = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
        noted.append((len(writes), (ApiKey.objects.get().last_used_at - NOON).total_seconds()))

    assert noted == [(1, 0), (0, 0), (0, 0), (1, 60), (0, 60), (1, 120)]


def test_a_use_that_can_not_be_noted_fails_nothing(alice: User) -> None:
    key = make_key(alice)

    def full(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("database or disk is full")
        return execute(sql, *more)

    with connection.execute_wrapper(full):
        assert person_of(key) == alice
    assert ApiKey.objects.get().last_used_at is None

    assert person_of(key) == alice
    assert ApiKey.objects.get().last_used_at == NOON


# --- whose it is ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_form_makes_one_key_however_often_it_is_sent(alice: User, stranger: User) -> None:
    def sent(by: User = alice) -> Any:
        return api_keys.create_once(actor=by, form="a form", name="backup", scope=Scope.READ, expires_at=None)

    results = at_once(*[sent] * 4)

    [(made, key)] = [result for result in results if isinstance(result, tuple)]
    assert set(results) - {(made, key)} <= {None, IdempotencyKeyInUse}
    assert sent() is None
    assert sent(by=stranger) is not None
    assert (ApiKey.objects.of(alice).get(), person_of(key)) == (made, alice)


def test_a_person_has_at_most_50_keys(alice: User, stranger: User) -> None:
    for _ in range(50):
        make_key(alice)

    with pytest.raises(TooManyKeys) as refused:
        make_key(alice)

    assert refused.value.data == {"maximum": 50}
    assert ApiKey.objects.count() == 50
    make_key(stranger)
    api_keys.delete(actor=alice, key_id=api_keys.keys_of(actor=alice).first().pk)
    make_key(alice)


def test_only_admins_keep_the_keys_of_others(admin: User, taskmaster: User, alice: User, stranger: User) -> None:
    key = make_key(alice)
    key_id = ApiKey.objects.get().pk

    for actor, refusal in ((taskmaster, NotAllowed), (stranger, UserNotFound)):
        with pytest.raises(refusal):
            api_keys.keys_of(actor=actor, user_id=alice.pk)
        with pytest.raises(refusal):
            api_keys.delete(actor=actor, key_id=key_id, user_id=alice.pk)
    for actor in (admin, taskmaster, stranger):
        with pytest.raises(NotFound):
            api_keys.delete(actor=actor, key_id=key_id)
    assert person_of(key) == alice

    assert [row.pk for row in api_keys.keys_of(actor=admin, user_id=alice.pk)] == [key_id]
    api_keys.delete(actor=admin, key_id=key_id, user_id=alice.pk)
    assert person_of(key) is None
