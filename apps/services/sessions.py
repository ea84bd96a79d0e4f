"""Where people are signed in: the sessions of their browsers, and how they end.

A session lives in Django's table. `BrowserSession` has what its person is shown about it. To end all sessions of a
person, the person's `session_epoch` rises, which every session names: none is forgotten, whether it has a row or not.
"""

import datetime
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.exceptions.base import NotFound, TryAgain
from apps.models import BrowserSession, User
from apps.services import unit_of_work, users
from apps.services.shared import permissions, storage
from apps.services.shared.devices import device_of

logger = logging.getLogger(__name__)

# A use is noted unless one was noted so lately.
NOTED = datetime.timedelta(minutes=5)
# The most sessions that are shown, the newest first.
MOST = 100
# When this process noted the use of a session last. It spares a query for each page; forgetting it costs one.
_noted: dict[str, datetime.datetime] = {}
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Shown:
    """A session that works, as its person sees it. `device` is in words; `is_this` marks the one that asks."""

    id: int
    device: str
    address: str
    created_at: datetime.datetime
    last_used_at: datetime.datetime
    is_this: bool


def note_use(*, person: User, session_key: str, address: str, user_agent: str) -> None:
    """Write that the person uses this session, at most once in 5 minutes. The page doesn't depend on it: where the
    database can't write, a later page does."""
    now = timezone.now()
    known = _noted.get(session_key)
    if known is not None and now - NOTED < known <= now:
        return
    if len(_noted) >= _REMEMBERED:
        _noted.clear()
    _noted[session_key] = now
    use = {"address": address, "user_agent": user_agent[:255], "last_used_at": now}
    try:
        with unit_of_work.atomic():
            rows = BrowserSession.objects.filter(session_key=session_key)
            if not rows.filter(last_used_at__lte=now - NOTED).update(**use) and not rows.exists():
                new = BrowserSession(user=person, session_key=session_key, created_at=now, **use)
                BrowserSession.objects.bulk_create([new], ignore_conflicts=True)
    except (DatabaseError, TryAgain) as error:
        if isinstance(error, DatabaseError):
            storage.note(error)
        logger.warning("The use of a session could not be noted: %s", error)


def sessions_of(*, actor: User, user_id: int | None = None, session_key: str | None = None) -> list[Shown]:
    """The sessions of `actor`, or of the person with this id, that work: the one that asks, then the last used first,
    at most 100.

    `session_key` is the session that asks. Raises `UserNotFound`, and `NotAllowed` unless an admin asks for another
    person's.
    """
    person = _person(actor, user_id)
    rows = list(BrowserSession.objects.filter(user=person).order_by("-last_used_at", "-pk")[:MOST])
    working = _working(person, [row.session_key for row in rows])
    shown = [
        Shown(
            id=row.pk,
            device=device_of(row.user_agent),
            address=row.address,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            is_this=row.session_key == session_key,
        )
        for row in rows
        if row.session_key in working
    ]
    return sorted(shown, key=lambda one: not one.is_this)


def end(*, actor: User, session_id: int) -> None:
    """End a session of the actor's. Raises `NotFound`, also for one of somebody else."""
    rows = BrowserSession.objects.filter(pk=session_id, user=actor)
    if not unit_of_work.run(lambda: _delete(rows)):
        raise NotFound(gettext("This session has ended already."))


def end_others(*, actor: User, session_key: str | None) -> User:
    """End all sessions of the actor's but this one; returns the person as they are now. The caller then makes this
    session one of that person's, as after a new password."""

    def work() -> User:
        _delete(BrowserSession.objects.filter(user=actor).exclude(session_key=session_key or ""))
        return _begin_session_epoch(actor)

    return unit_of_work.run(work)


def end_all(*, actor: User, user_id: int) -> None:
    """End all sessions of a person. Raises `UserNotFound`, and `NotAllowed` unless it is `actor` or an admin asks."""
    person = _person(actor, user_id)

    def work() -> None:
        _delete(BrowserSession.objects.filter(user=person))
        _begin_session_epoch(person)

    unit_of_work.run(work)


def rename(*, old: str | None, new: str | None) -> None:
    """A session has another key now, and is still the same one."""
    if old and new:
        unit_of_work.run(lambda: BrowserSession.objects.filter(session_key=old).update(session_key=new))


def remove_ended() -> int:
    """Delete the sessions that have expired, and what was noted about sessions that are gone; returns how many."""
    SessionStore.clear_expired()
    gone = BrowserSession.objects.filter(~Exists(Session.objects.filter(session_key=OuterRef("session_key"))))
    # A session of the last minutes may be being written.
    return unit_of_work.run(lambda: gone.filter(last_used_at__lt=timezone.now() - NOTED).delete()[0])


def _person(actor: User, user_id: int | None) -> User:
    if user_id is None or user_id == actor.pk:
        return actor
    permissions.require_may_change(actor, user_id)
    return users.get(actor=actor, user_id=user_id)


def _working(person: User, keys: Iterable[str]) -> set[str]:
    """The keys of the sessions among these that Django still takes for this person's."""
    # Also the hash with an older secret key, as Django does.
    hashes = {person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()}
    unexpired = Session.objects.filter(session_key__in=list(keys), expire_date__gt=timezone.now())
    decoded = {session.session_key: session.get_decoded() for session in unexpired}
    return {
        key
        for key, data in decoded.items()
        if data.get(SESSION_KEY) == str(person.pk) and data.get(HASH_SESSION_KEY) in hashes
    }


def _delete(rows: QuerySet[BrowserSession]) -> int:
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return rows.filter(session_key__in=keys).delete()[0]


def _begin_session_epoch(person: User) -> User:
    User.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    return User.objects.get(pk=person.pk)
