"""The second factor: who signs in with a password also needs a code of an authenticator app (RFC 6238), or a recovery
code. Refresh tokens and API keys go on without one.

A code works once: the step of 30 seconds that it belongs to is written with a guarded update, so that of several
callers at the same time one succeeds. Codes of the step before and of the next one are taken too, because clocks
differ.
"""

import base64
import datetime
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

import pyotp
from django.core import signing
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound
from apps.exceptions.tokens import TokenNotValid, TooManyAttempts
from apps.models import RecoveryCode, SecondFactor, User
from apps.models.events import Kind
from apps.services import events, sessions, unit_of_work, users
from apps.services.shared import attempts, passwords, permissions

# How many recovery codes a person gets.
CODES = 10
# How long the pages wait for a code after the password, and for the first code of an app.
TICKET_AGE = datetime.timedelta(minutes=10)
OFFER_AGE = datetime.timedelta(hours=1)

_STEP = 30
_APP_CODE = re.compile(r"\d{6}", re.ASCII)
_RANDOM_BYTES = 10
# Signed texts name their purpose, so that none can be used for another one.
_TICKET, _OFFER = "togo.second-factor.ticket", "togo.second-factor.offer"


@dataclass(frozen=True)
class Offer:
    """A new secret for an authenticator app. `signed` holds it for `turn_on`; nothing is stored before."""

    secret: str
    uri: str
    signed: str


# --- turning it on and off ----------------------------------------------------------------------------------------


def is_on(person: User) -> bool:
    """Whether this person needs a code to sign in with their password."""
    return since(person) is not None


def since(person: User) -> datetime.datetime | None:
    """When the person's second factor was turned on; None if it is off."""
    return SecondFactor.objects.filter(pk=person.pk).values_list("created_at", flat=True).first()


def codes_left(person: User) -> int:
    """How many recovery codes of this person still work."""
    return RecoveryCode.objects.filter(user=person).count()


def offer(*, actor: User, signed: str = "") -> Offer:
    """A new secret for the actor's app, or the one of an offer that was `signed` at most an hour ago.

    Raises `NotAllowed` if the actor can't sign in with a password, or the second factor is on.
    """
    if not passwords.is_way_in_for(actor):
        raise NotAllowed(gettext("A second factor is for people who sign in with a password."))
    if is_on(actor):
        raise NotAllowed(gettext("Your second factor is on already."))
    secret = _offered(actor, signed) or pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=actor.username, issuer_name="ToGo")
    return Offer(secret, uri, signing.dumps([actor.pk, secret], salt=_OFFER))


def turn_on(*, actor: User, signed: str, code: str, session_key: str | None) -> tuple[User, list[str]]:
    """Turn it on with a code of the app that knows the offered secret. All sessions of the actor end but this one.

    Returns the person as they are now, and their recovery codes, which can't be read again. Raises `InvalidRequest` for
    a wrong code or an old offer, and `NotAllowed` if it is on already.
    """
    secret = _offered(actor, signed)
    if secret is None:
        raise InvalidRequest(gettext("That picture was too old. Scan the new one."))
    step = _step_of(secret, _tidy(code))
    if step is None:
        raise _wrong_code("This is not the app's code. Is the clock of your device right?")

    def work() -> tuple[User, list[str]]:
        SecondFactor.objects.create(user=actor, secret=secret, last_step=step)
        events.note(Kind.OTP_ON, actor_id=actor.pk, user_id=actor.pk)
        codes = _replace_codes(actor)
        return sessions.end_others(actor=actor, session_key=session_key), codes

    try:
        return unit_of_work.run(work)
    except IntegrityError:
        raise NotAllowed(gettext("Your second factor is on already.")) from None


def turn_off(*, actor: User, password: str, code: str, address: str) -> None:
    """Turn it off, with the password and a code.

    Raises `PasswordsOff`, `InvalidRequest` when one of the two is wrong, and what `attempts.verified` raises.
    """
    passwords.require_allowed_for(actor)

    def verify() -> bool:
        return actor.check_password(password) and accepts(actor, code)

    if not attempts.verified(username=actor.username, address=address, verify=verify):
        raise _wrong_code("The password or the code is wrong, or the code was used already.")
    unit_of_work.run(lambda: _remove(actor, Kind.OTP_OFF, actor_id=actor.pk))


def make_codes(*, actor: User, code: str, address: str) -> list[str]:
    """Make new recovery codes, which replace the old ones. Returns them; they can't be read again.

    Raises `InvalidRequest` when the code is wrong, and what `attempts.verified` raises.
    """
    if not attempts.verified(username=actor.username, address=address, verify=lambda: accepts(actor, code)):
        raise _wrong_code("This code is wrong or was used already.")

    def work() -> list[str]:
        events.note(Kind.OTP_CODES, actor_id=actor.pk, user_id=actor.pk)
        return _replace_codes(actor)

    return unit_of_work.run(work)


def reset(*, actor: User | None, user_id: int) -> None:
    """Turn off the second factor of a person who has lost their app and their recovery codes. `actor` is None for the
    operator's command.

    Raises `UserNotFound`, `NotAllowed` for anyone but admins and for one's own, and `NotFound` if it isn't on.
    """
    if actor is not None:
        permissions.require_may_change(actor, user_id)
        if actor.pk == user_id:
            raise NotAllowed(gettext("Turn off your own second factor on the page of your account, with a code."))
    person = users.get(actor=actor, user_id=user_id) if actor else User.objects.get(pk=user_id)
    data = {} if actor else {"by": "manage.py"}
    unit_of_work.run(lambda: _remove(person, Kind.OTP_RESET, actor_id=actor.pk if actor else person.pk, data=data))


# --- signing in ---------------------------------------------------------------------------------------------------


def accepts(person: User, code: str) -> bool:
    """Whether this is a code of the person's app or a recovery code. It is used up by this; call it within
    `attempts.verified`, which bounds how many wrong ones are tried from an address.

    Raises `TooManyAttempts` for the app's codes after 10 wrong ones from any addresses in 15 minutes; recovery codes
    work then, too, because they are too long to be guessed.
    """
    tidy = _tidy(code)
    if not _APP_CODE.fullmatch(tidy):
        codes = RecoveryCode.objects.filter(user=person, digest=_digest(tidy))
        return bool(unit_of_work.run(lambda: codes.delete()[0]))
    try:
        return attempts.verified_app(user_id=person.pk, verify=lambda: _accepts_of_app(person, tidy))
    except TooManyAttempts as held:
        raise TooManyAttempts(
            gettext("There were too many wrong codes for this account; wait, or use a recovery code."), **held.data
        ) from None


def _accepts_of_app(person: User, code: str) -> bool:
    factor = SecondFactor.objects.filter(pk=person.pk).first()
    step = _step_of(factor.secret, code) if factor else None
    if factor is None or step is None:
        return False
    unused = SecondFactor.objects.filter(pk=person.pk, secret=factor.secret, last_step__lt=step)
    return bool(unit_of_work.run(lambda: unused.update(last_step=step)))


def ticket_for(person: User) -> str:
    """A text that says for 10 minutes that this person has given the right password."""
    return signing.dumps([person.pk, person.get_session_auth_hash()], salt=_TICKET)


def person_of(ticket: str) -> User:
    """The active person of a ticket. Raises `TokenNotValid`, also when the password was changed since."""
    try:
        user_id, stamp = signing.loads(ticket, salt=_TICKET, max_age=TICKET_AGE)
    except signing.BadSignature:
        raise _too_late() from None
    person = User.objects.active().filter(pk=user_id).first()
    if person is None or not hmac.compare_digest(stamp, person.get_session_auth_hash()):
        raise _too_late()
    return person


def _too_late() -> TokenNotValid:
    return TokenNotValid(gettext("That took too long; sign in again."))


def _offered(actor: User, signed: str) -> str | None:
    try:
        user_id, secret = signing.loads(signed, salt=_OFFER, max_age=OFFER_AGE)
    except signing.BadSignature:
        return None
    return str(secret) if user_id == actor.pk else None


def _step_of(secret: str, code: str) -> int | None:
    """The step that this code belongs to: now, the one before, or the next one; None for a wrong code."""
    if not _APP_CODE.fullmatch(code):
        return None
    now = int(timezone.now().timestamp()) // _STEP
    app = pyotp.TOTP(secret)
    # All three are compared, so that the time doesn't tell which one it was.
    found = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(app.generate_otp(step), code)]
    return max(found, default=None)


def _replace_codes(person: User) -> list[str]:
    codes = ["-".join(re.findall("....", _new_code())) for _ in range(CODES)]
    RecoveryCode.objects.filter(user=person).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=person, digest=_digest(_tidy(code))) for code in codes)
    return codes


def _remove(person: User, kind: Kind, *, actor_id: int, data: dict[str, str] | None = None) -> None:
    RecoveryCode.objects.filter(user=person).delete()
    if not SecondFactor.objects.filter(pk=person.pk).delete()[0]:
        raise NotFound(gettext("This person has no second factor."))
    events.note(kind, actor_id=actor_id, user_id=person.pk, data=data)


def _new_code() -> str:
    return base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().lower()


def _tidy(code: str) -> str:
    """The code without blanks and dashes. Base 32 has neither 0 nor 1: in a recovery code they stand for o and l."""
    tidy = re.sub(r"[\s-]", "", code).lower()
    return tidy if _APP_CODE.fullmatch(tidy) else tidy.replace("0", "o").replace("1", "l")


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def _wrong_code(message: str) -> InvalidRequest:
    return InvalidRequest.of_field("code", "wrong", message)
