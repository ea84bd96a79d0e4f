"""How far the servers of PostgreSQL have come: the position in its log of what was written, and of what was replayed.

An acknowledged commit has been flushed to the log (unless `synchronous_commit` is off). So a replica that has replayed
the log up to where the writer had flushed it has everything that was acknowledged until then, if it is the same log: a
server that takes the lead begins a new timeline, and what was sent on the old one to others alone is not part of it.
"""

from typing import NamedTuple

from apps.models.prepared_statements import first_row

_FLUSHED = "SELECT CAST(lsn AS text), pg_walfile_name(lsn) FROM pg_current_wal_flush_lsn() AS lsn"
# A server that has been promoted keeps the position up to which it replayed. One that doesn't stream from another may
# have a log that the others have left, and so may one that does, if its timeline is another. A role without
# `pg_read_all_stats` doesn't see that of the stream, and gets that of the last checkpoint, which comes later.
_REPLAYED = """
    SELECT pg_is_in_recovery() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver)
            AND CAST(%(timeline)s AS integer) = coalesce(
                (SELECT received_tli FROM pg_stat_wal_receiver), (SELECT timeline_id FROM pg_control_checkpoint())
            ),
        pg_last_wal_replay_lsn() >= CAST(%(position)s AS pg_lsn)
"""
# The digits of a log file's name that are its timeline.
_TIMELINE_DIGITS = 8


class Position(NamedTuple):
    """A place in the log of one timeline."""

    timeline: int
    lsn: str


def flushed() -> Position:
    """The position up to which the writer has flushed its log."""
    row = first_row(_FLUSHED, {})
    assert row
    lsn, file = row
    return Position(int(file[:_TIMELINE_DIGITS], 16), lsn)


def has_replayed(position: Position) -> bool | None:
    """Whether this server has replayed the log up to this position; None if it doesn't follow the writer's log."""
    row = first_row(_REPLAYED, {"timeline": position.timeline, "position": position.lsn})
    assert row
    follows, has = row
    return bool(has) if follows else None
