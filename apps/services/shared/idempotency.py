"""Does a call with an `Idempotency-Key` once, and gives every repetition of the call the same answer.

The key's row is inserted first in the call's own transaction, before any other lock is taken. So the row is there if
and only if the call's work is, whatever crashes; and a second call with the same key waits for that row.
"""

import datetime
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError
from django.utils import timezone

from apps.exceptions.idempotency import IdempotencyKeyInUse, IdempotencyKeyReused
from apps.models import IdempotencyKey, User
from apps.services import unit_of_work

KEPT = datetime.timedelta(hours=24)
# How long a call waits for another one with the same key, in seconds.
WAIT = 2


@dataclass(frozen=True)
class Answer:
    """The answer to a call: HTTP status, JSON, and the new object's address. `replayed` if it was stored before."""

    status: int
    body: str
    location: str = ""
    replayed: bool = False


def once(*, actor: User, call: str, key: str, body: str, work: Callable[[], Answer]) -> Answer:
    """Do `work` in one transaction and store its answer, or return the answer that is stored for this key.

    A key belongs to a person and a `call` (method and path); `body` is the digest of the request's content. If `work`
    raises, it is undone and the key is free again. Raises `IdempotencyKeyReused` if this key was sent with other
    content within 24 hours, `IdempotencyKeyInUse` after waiting 2 seconds for another call, and `TryAgain`.
    """
    scope = hashlib.sha256("\0".join([str(actor.pk), call, key]).encode()).hexdigest()

    def attempt() -> Answer:
        return _kept(scope, body) or _do(scope, body, work)

    try:
        with unit_of_work.in_turn(scope, seconds=WAIT):
            # A constraint fails if another call with this key was first, or (on PostgreSQL, at the commit) if a task
            # was deleted. The next attempt finds out which.
            return unit_of_work.run(attempt, restart_on=IntegrityError)
    except unit_of_work.WaitedTooLong:
        raise IdempotencyKeyInUse("The first call with this key is still running.", retry_after=1) from None


def remove_expired() -> int:
    """Delete the keys that are older than 24 hours; returns how many."""
    return unit_of_work.run(lambda: IdempotencyKey.objects.filter(created_at__lt=_expired_before()).delete()[0])


def _do(scope: str, body: str, work: Callable[[], Answer]) -> Answer:
    with unit_of_work.waiting_at_most(WAIT):
        IdempotencyKey.objects.filter(pk=scope, created_at__lt=_expired_before()).delete()
        IdempotencyKey.objects.create(scope=scope, body=body)
    answer = work()
    IdempotencyKey.objects.filter(pk=scope).update(status=answer.status, answer=answer.body, location=answer.location)
    return answer


def _kept(scope: str, body: str) -> Answer | None:
    row = IdempotencyKey.objects.filter(pk=scope, created_at__gte=_expired_before()).first()
    if row is None or row.status is None:
        return None
    if row.body != body:
        raise IdempotencyKeyReused("This key was used for a call with other content.")
    return Answer(row.status, row.answer, row.location, replayed=True)


def _expired_before() -> datetime.datetime:
    return timezone.now() - KEPT
