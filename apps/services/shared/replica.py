"""Lets a replica of the database answer reads, if it has everything that was written before they began (ADR 10)."""

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

from apps.models import database_sessions, positions, replica
from apps.services import metrics, unit_of_work

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

# What the database raises when it can't be reached, or ends a read.
FAILURES = (OperationalError, InterfaceError)
# For how many seconds a read waits until the replica has caught up, and how often it looks.
_PATIENCE, _LOOKS_EVERY = 0.05, 0.005
# For how many seconds the replica isn't asked after it was behind.
_BEHIND_SECONDS = 1.0
# How long the replica may take to say how far it has come, and for how long it isn't asked after it failed.
_ANSWER_SECONDS = 1
_AWAY_SECONDS = 10.0


def may_answer(read: Callable[P, T]) -> Callable[P, T]:
    """Decorate a read, such as the `get` of a view: the replica answers it if there is one, and if it has everything
    that was written before. The read must write nothing, because the writer does it again if the replica fails."""

    @functools.wraps(read)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        if not replica.is_configured() or connections[DEFAULT_DB_ALIAS].in_atomic_block:
            return read(*args, **kwargs)
        outcome = _watch.look()
        if outcome == "replica":
            try:
                with replica.asking():
                    found = read(*args, **kwargs)
            except FAILURES as error:
                outcome = _watch.note_failure(error)
            else:
                metrics.count_replica_read(outcome)
                return found
        metrics.count_replica_read(outcome)
        return read(*args, **kwargs)

    return answer


class _Watch:
    """What this process knows of the replica. While it is away or behind, only one thread at a time looks again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcome = "replica"
        self._not_before = 0.0
        self._warned = False

    def look(self) -> str:
        """`replica` if it has everything that was written until now, for which this waits a moment; else `behind` or
        `away`."""
        if (known := self._outcome) != "replica" and not self._is_my_turn():
            return known
        position = positions.flushed()
        try:
            has = _waits_for(position)
        except FAILURES as error:
            return self.note_failure(error)
        if has is None:
            return self._leave_alone("away", _AWAY_SECONDS, "it does not follow the writer")
        if not has:
            return self._leave_alone("behind", _BEHIND_SECONDS, "it is behind")
        self._note_success()
        return "replica"

    def note_failure(self, error: Exception) -> str:
        """Leave the replica alone for a while, unless it only ended one read, whose rows were replaced: `conflict`."""
        if isinstance(error, OperationalError) and unit_of_work.retry_code(error):
            return "conflict"
        connections[replica.ALIAS].close()
        return self._leave_alone("away", _AWAY_SECONDS, str(error).strip())

    def _is_my_turn(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._not_before:
                return False
            # The others don't wait for what this thread finds.
            self._not_before = now + _AWAY_SECONDS
            return True

    def _leave_alone(self, outcome: str, seconds: float, reason: str) -> str:
        with self._lock:
            # Being behind is worth a warning once it lasts for more than a second.
            warn = not self._warned and (outcome == "away" or self._outcome == "behind")
            self._warned |= warn
            self._outcome, self._not_before = outcome, time.monotonic() + seconds
        if warn:
            logger.warning("The writer answers all reads, and the replica is not asked: %s.", reason)
        return outcome

    def _note_success(self) -> None:
        if self._outcome == "replica":
            return
        with self._lock:
            was_warned, self._warned, self._outcome = self._warned, False, "replica"
        if was_warned:
            logger.warning("The replica is asked again.")


_watch = _Watch()


def _waits_for(position: positions.Position) -> bool | None:
    """Whether the replica gets to this position within a moment; None if it doesn't follow the writer."""
    until = time.monotonic() + _PATIENCE
    while not (has := _has_replayed(position)) and has is not None and time.monotonic() < until:
        time.sleep(_LOOKS_EVERY)
    return has


def _has_replayed(position: positions.Position) -> bool | None:
    connection = connections[replica.ALIAS]
    connection.close_if_unusable_or_obsolete()
    was_open, began = connection.connection is not None, time.monotonic()
    try:
        with replica.asking(), database_sessions.answering_within(connection, _ANSWER_SECONDS):
            return positions.has_replayed(position)
    except FAILURES:
        connection.close()
        if not was_open or time.monotonic() - began >= _ANSWER_SECONDS:
            raise
    # An old connection, which a server that was started again refuses at once.
    return _has_replayed(position)
