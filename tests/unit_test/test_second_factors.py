"""The second factor: it is turned on and off, and each code works once."""

import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound
from apps.exceptions.tokens import InvalidCredentials, TooManyAttempts
from apps.exceptions.users import UserNotFound
from apps.models import Event, PasswordTries, RecoveryCode, SecondFactor, User
from apps.services import second_factors, tokens, users
from tests.api_test.test_problems import nothing_written
from tests.clock import NOON, freeze_time
from tests.second_factors import App, code_of, turn_on

pytestmark = pytest.mark.django_db

PASSWORD = "of my own choice"
HERE = "192.0.2.1"


@pytest.fixture
def bob(db: None) -> User:
    return users.create_user(actor=None, username="bob", password=PASSWORD)


@pytest.fixture
def app(bob: User) -> App:
    return turn_on(bob)


def told() -> list[tuple[str, int, int | None, dict[str, Any]]]:
    """What the history has: kind, who did it, about whom, and the rest."""
    return list(Event.objects.order_by("pk").values_list("kind", "actor", "user", "data"))


# --- codes ------------------------------------------------------------------------------------------------------


def test_a_code_works_once(bob: User, app: App) -> None:
    code = app.code()

    assert [second_factors.accepts(bob, code) for _ in range(3)] == [True, False, False]


def test_codes_of_the_step_before_and_the_next_one_work_and_older_and_later_ones_do_not(bob: User) -> None:
    with freeze_time(NOON) as clock:
        app = turn_on(bob)
        clock.shift(60)
        assert not second_factors.accepts(bob, app.code(-2))
        assert not second_factors.accepts(bob, app.code(2))
        assert second_factors.accepts(bob, app.code(-1))
        assert second_factors.accepts(bob, app.code())
        assert second_factors.accepts(bob, app.code(1))
        # Whoever used the next code may not go back.
        assert not second_factors.accepts(bob, app.code())
        clock.shift(60)
        assert second_factors.accepts(bob, app.code())


def test_the_code_that_turned_it_on_is_used_up(bob: User) -> None:
    offer = second_factors.offer(actor=bob)
    code = code_of(offer.secret)
    second_factors.turn_on(actor=bob, signed=offer.signed, code=code, session_key=None)

    assert not second_factors.accepts(bob, code)


def test_a_code_is_typed_with_blanks_and_a_recovery_code_in_capitals_or_without_dashes(bob: User, app: App) -> None:
    code = app.code()
    assert second_factors.accepts(bob, f" {code[:3]} {code[3:]} ")
    assert second_factors.accepts(bob, app.recovery_codes[0].upper().replace("-", " "))
    assert second_factors.accepts(bob, app.recovery_codes[1].replace("-", "").replace("o", "0").replace("l", "1"))


def test_each_of_ten_recovery_codes_works_once_and_is_stored_only_as_a_digest(bob: User, app: App) -> None:
    assert len(set(app.recovery_codes)) == 10
    stored = str(list(RecoveryCode.objects.values_list()))
    assert not any(code in stored or code.replace("-", "") in stored for code in app.recovery_codes)

    for left, code in zip(reversed(range(10)), app.recovery_codes, strict=True):
        assert second_factors.accepts(bob, code)
        assert not second_factors.accepts(bob, code)
        assert second_factors.codes_left(bob) == left


def test_codes_of_one_person_are_worth_nothing_to_another(bob: User, app: App, alice: User) -> None:
    other = turn_on(users.create_user(actor=None, username="eve", password=PASSWORD))

    assert not second_factors.accepts(bob, other.recovery_codes[0])
    assert not second_factors.accepts(bob, other.code())
    assert not second_factors.accepts(alice, app.code())


@pytest.mark.parametrize("code", ["", "12345", "1234567", "１２３４５６", "\x00", "ü" * 100, "-" * 9, "000000"])
def test_nonsense_is_no_code(bob: User, app: App, code: str) -> None:
    assert not second_factors.accepts(bob, code)


# --- turning it on and off --------------------------------------------------------------------------------------


def test_turning_it_on_and_off_and_new_codes_are_in_the_history(bob: User) -> None:
    app = turn_on(bob)
    codes = second_factors.make_codes(actor=bob, code=app.code(), address=HERE)
    assert not second_factors.accepts(bob, app.recovery_codes[0])
    second_factors.turn_off(actor=bob, password=PASSWORD, code=codes[0], address=HERE)

    assert told() == [(kind, bob.pk, bob.pk, {}) for kind in ("otp_on", "otp_codes", "otp_off")]
    assert not second_factors.is_on(bob)
    assert (SecondFactor.objects.count(), RecoveryCode.objects.count()) == (0, 0)


def test_it_is_turned_on_only_with_a_code_of_the_offered_secret(bob: User, alice: User) -> None:
    offer, another = second_factors.offer(actor=bob), second_factors.offer(actor=bob)
    good = {"actor": bob, "signed": offer.signed, "code": code_of(offer.secret), "session_key": None}

    for wrong in (
        {"code": code_of(another.secret)},
        {"code": "abc"},
        {"code": code_of(offer.secret, 3)},
        {"signed": f"{offer.signed}x"},
        {"signed": ""},
        {"actor": alice},
    ):
        with nothing_written(), pytest.raises(InvalidRequest):
            second_factors.turn_on(**good | wrong)
    with freeze_time("2026-03-02T13:00:01Z"), nothing_written(), pytest.raises(InvalidRequest):
        second_factors.turn_on(**good | {"code": code_of(offer.secret)})

    second_factors.turn_on(**good)
    with nothing_written(), pytest.raises(NotAllowed, match="on already"):
        second_factors.turn_on(**good | {"code": code_of(offer.secret, 1)})


def test_a_person_without_a_password_has_no_use_for_it(alice: User) -> None:
    with pytest.raises(NotAllowed, match="sign in with a password"):
        second_factors.offer(actor=alice)


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"code": "123456"}])
def test_turning_it_off_takes_the_password_and_a_code(bob: User, app: App, wrong: dict[str, str]) -> None:
    sent = {"password": PASSWORD, "code": app.code()} | wrong
    with pytest.raises(InvalidRequest):
        second_factors.turn_off(actor=bob, address=HERE, **sent)
    assert second_factors.is_on(bob)
    # Without the right password no code is used up.
    assert second_factors.accepts(bob, app.code())


def test_five_wrong_codes_hold_all_that_takes_one_and_only_from_there(bob: User, app: App) -> None:
    for _ in range(5):
        with pytest.raises(InvalidRequest):
            second_factors.make_codes(actor=bob, code="000000", address=HERE)

    with pytest.raises(TooManyAttempts):
        second_factors.turn_off(actor=bob, password=PASSWORD, code=app.code(), address=HERE)
    assert len(second_factors.make_codes(actor=bob, code=app.code(), address="198.51.100.7")) == 10
    # Two places of each address, and the one of the app.
    assert PasswordTries.objects.count() == 5


def test_ten_wrong_codes_from_many_addresses_hold_the_app_but_no_recovery_code(bob: User, app: App) -> None:
    def sign_in(address: str, otp: str, password: str = PASSWORD) -> User:
        return tokens.authenticated(username="bob", password=password, address=address, otp=otp)

    for number in range(10):
        with pytest.raises(InvalidCredentials):
            sign_in(f"192.0.2.{number}", "000000")
        # Only who knows the password counts: nobody else can hold the app.
        with pytest.raises(InvalidCredentials):
            sign_in(f"198.51.100.{number}", "000000", password="wrong")

    for _ in range(6):
        with pytest.raises(
            TooManyAttempts, match="too many wrong codes for this account; wait, or use a recovery code"
        ):
            sign_in("203.0.113.1", app.code())
    # What wasn't checked was no guess.
    assert sign_in("203.0.113.1", app.recovery_codes[0]) == bob
    with freeze_time("2026-03-02T12:15:01Z"):
        assert sign_in("203.0.113.2", app.code()) == bob


# --- an admin turns it off ----------------------------------------------------------------------------------------


def test_an_admin_resets_it_and_the_history_says_so(admin: User, bob: User, app: App) -> None:
    second_factors.reset(actor=admin, user_id=bob.pk)

    assert not second_factors.is_on(bob)
    assert told()[-1] == ("otp_reset", admin.pk, bob.pk, {})
    with pytest.raises(NotFound, match="This person has no second factor"):
        second_factors.reset(actor=admin, user_id=bob.pk)


def test_nobody_else_resets_it_and_an_admin_not_their_own(
    admin: User, taskmaster: User, alice: User, bob: User, app: App
) -> None:
    users.set_password(actor=admin, user_id=admin.pk, password=PASSWORD)
    admin.refresh_from_db()
    turn_on(admin)
    for actor, user_id, refusal in (
        (taskmaster, bob.pk, NotAllowed),
        (alice, bob.pk, UserNotFound),
        (bob, bob.pk, NotAllowed),
        (admin, admin.pk, NotAllowed),
        (admin, 999_999, UserNotFound),
    ):
        with nothing_written(), pytest.raises(refusal):
            second_factors.reset(actor=actor, user_id=user_id)


def test_the_operator_resets_that_of_the_last_admin(bob: User, app: App, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reset_second_factor", "bob")

    assert capsys.readouterr().out == "The second factor of bob is off: their password alone signs them in.\n"
    assert not second_factors.is_on(bob)
    assert told()[-1] == ("otp_reset", bob.pk, bob.pk, {"by": "manage.py"})
    for username, message in (("bob", "This person has no second factor"), ("nobody", "Nobody has the username")):
        with pytest.raises(CommandError, match=message):
            call_command("reset_second_factor", username)


def test_a_taskmaster_does_not_see_who_uses_a_second_factor(
    bob: User, app: App, taskmaster: User, admin: User, alice: User
) -> None:
    assert [Event.objects.visible_to(one).count() for one in (bob, admin, taskmaster, alice)] == [1, 1, 0, 0]


# --- the ticket between the two steps of a sign-in ----------------------------------------------------------------


def test_a_ticket_is_good_for_ten_minutes_and_ends_with_the_password(bob: User) -> None:
    ticket = second_factors.ticket_for(bob)
    assert second_factors.person_of(ticket) == bob

    with freeze_time(datetime.datetime(2026, 3, 2, 12, 10, 1, tzinfo=datetime.UTC)):
        assert refused(ticket)
    assert refused(f"{ticket}x")
    assert refused(second_factors.offer(actor=bob).signed)
    for change in ({"is_active": False}, {"password": "argon2$another"}):
        User.objects.filter(pk=bob.pk).update(is_active=True, password=bob.password)
        User.objects.filter(pk=bob.pk).update(**change)
        assert refused(ticket)


def refused(ticket: str) -> bool:
    try:
        second_factors.person_of(ticket)
    except second_factors.TokenNotValid:
        return True
    return False
