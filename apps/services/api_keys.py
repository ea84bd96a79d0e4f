"""API keys: programs send one to call as a person.

A key is `togo_`, 30 random letters and digits, and a checksum of these: their CRC-32 as 6 digits in base 62. Scanners
for leaked secrets find keys by this form, and a mistyped key is refused without a query. Only the SHA-256 of a key is
stored.
"""

import datetime
import functools
import hashlib
import logging
import re
import secrets
import string
import zlib

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.api_keys import TooManyKeys
from apps.exceptions.base import InvalidRequest, NotAllowed, NotFound, TryAgain
from apps.models import ApiKey, User
from apps.models.api_keys import ApiKeyQuerySet, KeyInUse, Scope
from apps.services import unit_of_work, users
from apps.services.shared import idempotency, permissions, storage

logger = logging.getLogger(__name__)

# How many keys a person may have.
MOST = 50
BEGINNING = "togo_"
# A use is noted unless one was noted so lately.
NOTED = datetime.timedelta(minutes=1)

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECKSUM = 30, 6
_FORM = re.compile(rf"{BEGINNING}([0-9A-Za-z_-]{{22,100}})([0-9A-Za-z]{{{_CHECKSUM}}})", re.ASCII)
# The part of a key that is shown later: too short to guess the rest.
_SHOWN = len(BEGINNING) + 6


def create(*, actor: User, name: str, scope: Scope, expires_at: datetime.datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key for `actor`; returns it with the text that is sent with calls, which can't be read again.

    Raises `InvalidRequest` if `expires_at` is past, and `TooManyKeys`.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidRequest.of_field("expires_at", "past", gettext("This must be in the future."))
    key = _new_key()

    def work() -> ApiKey:
        # The person's row is locked while their keys are counted, so that calls at once don't make too many.
        person = User.objects.get_queryset().filter(pk=actor.pk).locked().get()
        if not person.is_active or person.epoch != actor.epoch:
            raise NotAllowed(gettext("You were deactivated meanwhile."))
        if ApiKey.objects.of(person).count() >= MOST:
            raise TooManyKeys(
                gettext("A person has at most %(most)s keys; delete one that you don't need.") % {"most": MOST},
                maximum=MOST,
            )
        return ApiKey.objects.create(
            user=person,
            epoch=person.epoch,
            name=name,
            scope=scope,
            prefix=key[:_SHOWN],
            digest=_digest(key),
            expires_at=expires_at,
        )

    return unit_of_work.run(work), key


def create_once(
    *, actor: User, form: str, name: str, scope: Scope, expires_at: datetime.datetime | None
) -> tuple[ApiKey, str] | None:
    """Make a key for a form that was sent, like `create`; None if that form made its key in the last 24 hours already.

    `form` is a text that no other form has. Raises what `create` raises, and `IdempotencyKeyInUse` if the form is sent
    twice at the same time.
    """
    made: list[tuple[ApiKey, str]] = []

    def work() -> idempotency.Answer:
        made[:] = [create(actor=actor, name=name, scope=scope, expires_at=expires_at)]
        # Nothing of the key is kept here: a repetition only learns that the key was made.
        return idempotency.Answer(status=201, body="")

    answer = idempotency.once(actor=actor, call="a form for a key", key=form, body="", work=work)
    return None if answer.replayed else made[0]


def keys_of(*, actor: User, user_id: int | None = None) -> ApiKeyQuerySet:
    """The keys of `actor`, or of the person with this id. Raises `UserNotFound`, and `NotAllowed` unless an admin asks
    for another person's."""
    if user_id is None or user_id == actor.pk:
        return ApiKey.objects.of(actor)
    permissions.require_may_change(actor, user_id)
    return ApiKey.objects.of(users.get(actor=actor, user_id=user_id))


def working_keys_of(*, actor: User) -> list[ApiKey]:
    """The keys of `actor` that haven't expired, the newest first."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return list(keys_of(actor=actor).filter(unexpired).order_by("-created_at", "-pk"))


def delete(*, actor: User, key_id: int, user_id: int | None = None) -> None:
    """Delete a key of `actor`, or of the person with this id: no call that begins afterwards succeeds with it.

    Raises `NotFound`, also for a key of anybody else, and what `keys_of` raises.
    """
    keys = keys_of(actor=actor, user_id=user_id)
    if not unit_of_work.run(lambda: keys.filter(pk=key_id).delete()[0]):
        raise NotFound(gettext("There is no key with the id %(key_id)s.") % {"key_id": key_id})


def in_use(*, key: str) -> KeyInUse | None:
    """The key that was sent with a call, and its active person; None for one that is unknown, expired or deleted, or
    whose person was deactivated since it was made.

    That is one query, or none if the checksum is wrong. The use is noted at most once a minute.
    """
    try:
        digest = _digest_of_sent(key)
    except ValueError:
        return None
    now = timezone.now()
    found = ApiKey.objects.in_use(digest, now=now, noted_since=now - NOTED)
    if found and not found.use_is_noted:
        _note_use(found.key_id, now)
    return found


def _note_use(key_id: int, now: datetime.datetime) -> None:
    """Write when the key was used. The call doesn't depend on it: where the database can't write, a later call does."""
    stale = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED), pk=key_id)
    try:
        with unit_of_work.atomic():
            stale.update(last_used_at=now)
    except (DatabaseError, TryAgain) as error:
        if isinstance(error, DatabaseError):
            storage.note(error)
        logger.warning("The use of an API key could not be noted: %s", error)


def _new_key() -> str:
    chosen = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))
    return f"{BEGINNING}{chosen}{_checksum(chosen)}"


@functools.lru_cache(maxsize=10_000)
def _digest_of_sent(key: str) -> str:
    """The digest of a key, remembered like the signatures of tokens. Raises `ValueError` if its form or its checksum is
    wrong, which isn't remembered: such a text may be long."""
    parts = _FORM.fullmatch(key)
    if parts is None or _checksum(parts[1]) != parts[2]:
        raise ValueError
    return _digest(key)


def _checksum(text: str) -> str:
    rest, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
