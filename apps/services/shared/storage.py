"""Tells a full disk from a database that can't be reached: with a full disk, reads still work and writes don't."""

import contextlib
import os
import time

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

FULL = _("The database's disk is full: nothing can be written until there is room.")
# The periodic job writes every minute, so while the disk is full it calls `note` again before this time is over.
_SECONDS = 120

# https://www.sqlite.org/rescode.html: SQLITE_FULL, and SQLITE_IOERR_SHMSIZE where the index of the log can't grow
_SQLITE_CODES = {13, 4874}
# https://www.postgresql.org/docs/current/errcodes-appendix.html: disk_full
_POSTGRESQL_CODE = "53100"
# https://mariadb.com/kb/en/mariadb-error-codes/: ER_DISK_FULL, ER_RECORD_FILE_FULL
_MYSQL_CODES = {1021, 1114}


def is_full(error: BaseException) -> bool:
    """Whether the database failed because there is no room on its disk."""
    cause = error.__cause__
    return (
        getattr(cause, "sqlite_errorcode", None) in _SQLITE_CODES
        or getattr(cause, "sqlstate", None) == _POSTGRESQL_CODE
        or (isinstance(error, DatabaseError) and bool(error.args) and error.args[0] in _MYSQL_CODES)
    )


def note(error: BaseException) -> None:
    """If the disk is full, record that for every process that shares this TOGO_HOME."""
    if is_full(error):
        path = settings.TOGO_HOME / "disk_full"
        # An empty file takes no room; if even that fails, the log has the error.
        with contextlib.suppress(OSError):
            path.touch()
            now = time.time()
            os.utime(path, (now, now))


def was_full_lately() -> bool:
    """Whether a write failed within the last two minutes because the disk was full."""
    try:
        noted = (settings.TOGO_HOME / "disk_full").stat().st_mtime
    except OSError:
        return False
    return 0 <= time.time() - noted < _SECONDS
