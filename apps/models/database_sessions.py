"""Sets what ToGo relies on in each new session of the database, and finds out whether the session is its own.

Behind a pooler that gives a server's session to a transaction, such as PgBouncer with `pool_mode=transaction`, the next
statement may run in another session. A prepared statement would be missing there, or be another one of the same name.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# Sent by togo/settings.py when it connects. A pooler that shares sessions drops it.
MARK = "togo.session"

# However the server, the database or the role are configured: times are read in ISO, texts are escaped by quotes alone.
# PgBouncer keeps the first and the last for each client.
_SET = f"""
    SELECT set_config('datestyle', 'ISO, YMD', false), set_config('intervalstyle', 'postgres', false),
        set_config('standard_conforming_strings', 'on', false), current_setting('{MARK}', true)
"""


def prepare_session(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Prepare a new connection to PostgreSQL: the receiver of Django's `connection_created`.

    Other databases are prepared by the settings of their connection; see togo/settings.py.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(_SET)
        *_others, mark = cursor.fetchone()
    own = mark == "own"
    connection.session_is_own = own  # type: ignore[attr-defined]  # read by `session_is_own`
    # In a shared session, a cursor on the server would be gone at the next fetch.
    connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] = not own


def session_is_own(connection: BaseDatabaseWrapper) -> bool:
    """Whether this connection keeps one session of the server, so that statements may be prepared in it."""
    return getattr(connection, "session_is_own", False)


def lock_timeout(connection: BaseDatabaseWrapper) -> str:
    """How long PostgreSQL lets a statement of this connection wait for a lock; `0` stands for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])
