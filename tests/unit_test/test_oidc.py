"""People who sign in with OpenID Connect, on each database: found, made and linked."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection

from apps.exceptions.base import ToGoError
from apps.exceptions.oidc import AlreadyLinked, LastSignIn
from apps.models import Event, Identity, User
from apps.services import oidc
from apps.services.oidc import Claims
from lab.processes import PATIENCE
from tests.unit_test.meanwhile import meanwhile

ISSUER = "https://id.example.org"
pytestmark = pytest.mark.django_db
# Threads see what was committed only.
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.TOGO_OIDC_ISSUER = ISSUER


def claims(subject: str, *, issuer: str = ISSUER, groups: set[str] | None = None, **profile: Any) -> Claims:
    return Claims(issuer, subject, profile, None if groups is None else frozenset(groups), "")


def test_subjects_and_issuers_are_compared_exactly() -> None:
    """Capitals, accents and blanks count, also where a database ignores them."""
    subjects = [("ada", ISSUER), ("Ada", ISSUER), ("ada ", ISSUER), ("adá", ISSUER), ("ada", f"{ISSUER}/")]

    people = [oidc.sign_in(claims=claims(subject, issuer=issuer)) for subject, issuer in subjects]
    again = [oidc.sign_in(claims=claims(subject, issuer=issuer)) for subject, issuer in subjects]

    assert len({person.pk for person in people}) == 5
    assert again == people


def test_a_taken_username_gets_the_next_number_and_at_last_a_random_one() -> None:
    for number in range(11):
        oidc.sign_in(claims=claims(str(number), preferred_username="ada"))

    names = list(User.objects.order_by("pk").values_list("username", flat=True))
    assert names[:9] == ["ada", *(f"ada-{number}" for number in range(2, 10))]
    assert all(len(name) == len("ada-") + 8 for name in names[9:])


def test_the_longest_claims_fit() -> None:
    person = oidc.sign_in(
        claims=claims("s" * 255, preferred_username="u" * 1000, given_name="g" * 1000, family_name="f" * 1000)
    )

    assert (len(person.username), len(person.first_name), len(person.last_name)) == (140, 150, 150)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results or errors of these calls, each in a thread with a connection of its own."""
    together = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            together.wait(PATIENCE)
            return call()
        except ToGoError as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


@committed
def test_one_person_is_made_where_tabs_sign_in_at_once() -> None:
    tab = partial(oidc.sign_in, claims=claims("ada", preferred_username="ada"))

    people = at_once(*[tab] * 4)

    assert people == [User.objects.get()] * 4
    assert list(Event.objects.values_list("kind", flat=True)) == ["signed_up"]


@committed
def test_one_of_two_people_gets_the_account_that_they_link_at_once(alice: User, stranger: User) -> None:
    results = at_once(*(partial(oidc.link, actor=actor, claims=claims("ada")) for actor in (alice, stranger)))

    assert sorted(results, key=str) == [AlreadyLinked, None]
    assert Identity.objects.count() == Event.objects.count() == 1


@committed
def test_of_two_sign_ins_that_are_unlinked_at_once_one_stays(alice: User) -> None:
    for subject in ("one", "two"):
        oidc.link(actor=alice, claims=claims(subject))

    both = threading.Barrier(2)

    def wait_for_the_other() -> None:
        """Until it has looked, too; it can't while it waits for the lock."""
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)

    def unlink(identity_id: int) -> None:
        with meanwhile("DELETE", wait_for_the_other, table="togo_identity"):
            oidc.unlink(actor=alice, identity_id=identity_id)

    results = at_once(*(partial(unlink, pk) for pk in Identity.objects.values_list("pk", flat=True)))

    assert sorted(results, key=str) == [LastSignIn, None]
    assert Identity.objects.count() == 1


def test_the_last_sign_in_stays_and_one_of_two_may_go(alice: User) -> None:
    for subject in ("one", "two"):
        oidc.link(actor=alice, claims=claims(subject))
    one, two = oidc.sign_ins_of(actor=alice).identities

    oidc.unlink(actor=alice, identity_id=one.pk)
    with pytest.raises(LastSignIn):
        oidc.unlink(actor=alice, identity_id=two.pk)

    assert oidc.sign_ins_of(actor=alice).identities == [two]


def test_the_last_admin_stays_one_whatever_the_groups_say(admin: User, settings: Any) -> None:
    settings.TOGO_OIDC_ADMIN_GROUPS = ["bosses"]
    boss = oidc.sign_in(claims=claims("boss", groups={"bosses"}))
    assert boss.is_admin
    assert not oidc.sign_in(claims=claims("boss", groups=set())).is_admin

    oidc.sign_in(claims=claims("boss", groups={"bosses"}))
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert oidc.sign_in(claims=claims("boss", groups=set())).is_admin
