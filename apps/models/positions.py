"""How far the servers of PostgreSQL have come: the position in its log of what was written, and of what was replayed.

An acknowledged commit has been flushed to the log (unless `synchronous_commit` is off). So a replica that has replayed
the log up to where the writer had flushed it has everything that was acknowledged until then.
"""

from apps.models.prepared_statements import first_row

_FLUSHED = "SELECT CAST(pg_current_wal_flush_lsn() AS text)"
# A server that has been promoted keeps the position up to which it replayed. One that doesn't stream from another may
# have a log that the others have left.
_REPLAYED = """
    SELECT pg_is_in_recovery() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver),
        pg_last_wal_replay_lsn() >= CAST(%(position)s AS pg_lsn)
"""


def flushed() -> str:
    """The position up to which the writer has flushed its log."""
    row = first_row(_FLUSHED, {})
    assert row
    return str(row[0])


def has_replayed(position: str) -> bool | None:
    """Whether this server has replayed the log up to this position; None if it follows no other server."""
    row = first_row(_REPLAYED, {"position": position})
    assert row
    follows, has = row
    return bool(has) if follows else None
