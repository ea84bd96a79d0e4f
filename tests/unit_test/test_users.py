"""Creating and changing people."""

import contextlib
import threading
from datetime import date

import pytest
from django.contrib.auth import authenticate
from django.db import connection

from apps.exceptions.base import InvalidRequest, NotAllowed, TryAgain
from apps.exceptions.users import UserNotFound
from apps.models import Assignment, Task, User
from apps.services import assignments, users
from lab.processes import PATIENCE
from tests.conftest import make_person
from tests.unit_test.meanwhile import meanwhile


def test_an_admin_creates_a_person_who_can_sign_in(admin: User) -> None:
    made = users.create_user(actor=admin, username="bob", password="of my own choice", first_name="Bob")

    person = authenticate(username="bob", password="of my own choice")
    assert person == made
    assert (made.first_name, made.is_active, made.is_taskmaster, made.is_admin) == ("Bob", True, False, False)
    assert "of my own choice" not in made.password
    assert authenticate(username="bob", password="of my own Choice") is None


def test_a_username_is_unique(admin: User, alice: User) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        users.create_user(actor=admin, username="alice", password="of my own choice")

    assert refusal.value.data == {
        "errors": [{"field": "username", "code": "unique", "message": "A person with this username exists already."}]
    }
    assert User.objects.filter(username="alice").count() == 1


def test_a_username_that_looks_the_same_is_the_same(admin: User) -> None:
    users.create_user(actor=admin, username="zo\u00eb", password="of my own choice")

    with pytest.raises(InvalidRequest):
        users.create_user(actor=admin, username="zoe\u0308", password="of my own choice")


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_create_the_same_person_at_once_succeeds() -> None:
    boss = make_person("boss", is_admin=True)
    start = threading.Barrier(4)
    outcomes: list[str] = []

    def make(number: int) -> None:
        start.wait(PATIENCE)
        try:
            users.create_user(actor=boss, username="bob", password="of my own choice", first_name=str(number))
            outcomes.append("made")
        except InvalidRequest as refusal:
            outcomes.append(refusal.data["errors"][0]["code"])
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(outcomes) == ["made", "unique", "unique", "unique"]
    assert User.objects.filter(username="bob").count() == 1


def test_a_password_is_compared_with_the_persons_names_wherever_it_is_set(admin: User, alice: User) -> None:
    users.update_user(actor=admin, user_id=alice.pk, last_name="Wonderland")
    alice.refresh_from_db()
    alice.set_password("of my own choice")
    alice.save()
    easy = "wonderland7"

    for field, refused in (
        ("password", lambda: users.create_user(actor=admin, username="bob", password=easy, last_name="Wonderland")),
        ("password", lambda: users.set_password(actor=admin, user_id=alice.pk, password=easy)),
        (
            "new_password",
            lambda: users.change_password(
                actor=alice, old_password="of my own choice", new_password=easy, address="192.0.2.1"
            ),
        ),
    ):
        with pytest.raises(InvalidRequest) as refusal:
            refused()
        (error,) = refusal.value.data["errors"]
        assert (error["field"], error["code"]) == (field, "password_too_similar")
        assert "last name" in error["message"]

    assert authenticate(username="alice", password="of my own choice") == alice
    assert not User.objects.filter(username="bob").exists()


def test_one_of_two_new_passwords_at_once_is_told_to_try_again(alice: User) -> None:
    alice.set_password("of my own choice")
    alice.save()
    other = User.objects.get(pk=alice.pk)

    def change_it() -> None:
        users.change_password(
            actor=other, old_password="of my own choice", new_password="of another choice", address="192.0.2.1"
        )

    with meanwhile("UPDATE", change_it, table="user"), pytest.raises(TryAgain):
        users.change_password(
            actor=alice, old_password="of my own choice", new_password="of a third choice", address="192.0.2.1"
        )

    assert authenticate(username="alice", password="of another choice") == alice


def test_only_admins_create_and_change_people(admin: User, taskmaster: User, alice: User) -> None:
    before = list(User.objects.order_by("pk").values())

    for refused in (
        lambda: users.create_user(actor=taskmaster, username="bob", password="of my own choice"),
        lambda: users.update_user(actor=taskmaster, user_id=alice.pk, is_admin=True),
        lambda: users.update_user(actor=alice, user_id=alice.pk, is_taskmaster=True),
        lambda: users.set_password(actor=taskmaster, user_id=alice.pk, password="mine now"),
        lambda: users.update_user(actor=taskmaster, user_id=2**62, is_admin=True),
    ):
        with pytest.raises(NotAllowed):
            refused()

    assert list(User.objects.order_by("pk").values()) == before


def test_the_last_active_admin_stays_admin(admin: User, alice: User) -> None:
    retired = User.objects.create(username="retired", password="!", is_admin=True, is_active=False)
    for fields in ({"is_active": False}, {"is_admin": False}, {"is_admin": False, "is_taskmaster": True}):
        with pytest.raises(NotAllowed):
            users.update_user(actor=admin, user_id=admin.pk, **fields)
    # People who aren't active admins can be changed.
    users.update_user(actor=admin, user_id=alice.pk, is_active=False, is_admin=False)
    users.update_user(actor=admin, user_id=retired.pk, is_admin=False)

    users.update_user(actor=admin, user_id=alice.pk, is_active=True, is_admin=True)
    users.update_user(actor=admin, user_id=admin.pk, is_admin=False)

    assert list(User.objects.active().filter(is_admin=True)) == [alice]


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_one_of_two_admins_who_demote_each_other_at_once_stays_admin() -> None:
    for number in range(10):
        pair = [make_person(f"admin {number} {one}", is_admin=True) for one in "ab"]
        start = threading.Barrier(2)

        def demote(actor: User, other: User, start: threading.Barrier = start) -> None:
            start.wait(PATIENCE)
            try:
                with contextlib.suppress(NotAllowed):
                    users.update_user(actor=actor, user_id=other.pk, is_admin=False)
            finally:
                connection.close()

        both = [threading.Thread(target=demote, args=order) for order in (pair, pair[::-1])]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(PATIENCE)

        assert User.objects.active().filter(is_admin=True).count() == 1
        User.objects.filter(is_admin=True).update(is_admin=False)


def test_an_unknown_person_can_not_be_changed(admin: User) -> None:
    for refused in (
        lambda: users.update_user(actor=admin, user_id=2**62, first_name="Bob"),
        lambda: users.set_password(actor=admin, user_id=2**62, password="of my own choice"),
    ):
        with pytest.raises(UserNotFound) as refusal:
            refused()
        assert refusal.value.data == {"user": 2**62}


def test_a_deactivated_person_keeps_their_tasks_and_can_not_sign_in(
    admin: User, taskmaster: User, cooking: Task
) -> None:
    bob = users.create_user(actor=admin, username="bob", password="of my own choice")
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=bob.pk, date=date(2026, 3, 2))

    users.update_user(actor=admin, user_id=bob.pk, is_active=False, last_name="Builder")

    bob.refresh_from_db()
    assert (bob.is_active, bob.last_name) == (False, "Builder")
    assert Assignment.objects.get().user_id == bob.pk
    assert authenticate(username="bob", password="of my own choice") is None


def test_an_admin_sets_another_password(admin: User) -> None:
    bob = users.create_user(actor=admin, username="bob", password="of my own choice")

    users.set_password(actor=admin, user_id=bob.pk, password="of another choice")

    assert authenticate(username="bob", password="of my own choice") is None
    assert authenticate(username="bob", password="of another choice") == bob


def test_admins_are_taskmasters_and_use_the_admin_pages_while_they_are_active(
    admin: User, taskmaster: User, alice: User
) -> None:
    assert [person.may_assign_to_all for person in (admin, taskmaster, alice)] == [True, True, False]
    assert [person.is_staff for person in (admin, taskmaster, alice)] == [True, False, False]
    assert [person.has_perm("togo.change_user") for person in (admin, taskmaster, alice)] == [True, False, False]
    assert [person.has_module_perms("togo") for person in (admin, taskmaster, alice)] == [True, False, False]
    admin.is_active = False
    assert not admin.has_perm("togo.change_user")
    assert not admin.has_module_perms("togo")


@pytest.mark.django_db
def test_createsuperuser_makes_an_admin() -> None:
    made = User.objects.create_superuser("root", "of my own choice")

    assert (made.is_admin, made.is_taskmaster, made.check_password("of my own choice")) == (True, False, True)
    assert not User.objects.create_user("nobody").has_usable_password()


@pytest.mark.django_db
def test_the_first_admin_is_made_once() -> None:
    assert users.ensure_admin(username="boss", password="of my own choice") is True

    assert users.ensure_admin(username="other", password="of another choice") is False
    assert users.ensure_admin(username="boss", password="of another choice") is False

    boss = User.objects.get()
    assert (boss.username, boss.is_admin, boss.check_password("of my own choice")) == ("boss", True, True)


def test_inactive_and_demonstration_admins_do_not_count_as_the_first_admin(admin: User, alice: User) -> None:
    """The first admin is created although an inactive admin and the demonstration's admin exist."""
    User.objects.filter(pk=admin.pk).update(is_active=False)
    User.objects.create(username="a", password="!", is_admin=True)

    for taken in ("alice", "admin", "a"):
        with pytest.raises(InvalidRequest):
            users.ensure_admin(username=taken, password="of my own choice")
    assert not User.objects.exclude(password="!").exists()

    assert users.ensure_admin(username="boss", password="of my own choice") is True
    assert User.objects.active().filter(is_admin=True, username="boss").exists()


@pytest.mark.django_db
def test_tells_whether_the_passwords_of_the_demonstration_work() -> None:
    assert users.demo_passwords_work() is False
    b = users.create_user(actor=None, username="b", password="1")
    assert users.demo_passwords_work() is True
    User.objects.filter(pk=b.pk).update(is_active=False)
    assert users.demo_passwords_work() is False
