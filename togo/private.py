"""Hides the files of an embedded ToGo from other users of the machine: they hold password hashes and sessions."""

import contextlib
import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

# The files that ToGo, Celery and the log handlers write into TOGO_HOME and TOGO_LOG_DIR.
_OWN = (
    "*.sqlite3",
    "*.sqlite3-*",
    "secret_key*",
    "celerybeat-schedule*",
    "rate_limits*",
    "lock",
    "children.lock",
    "disk_full",
    "broker",
    "metrics",
    "*.log",
    "*.log.*",
    ".*.lock",
)


def hide_from_others(*folders: Path) -> None:
    """Let only the owner read and write the files that this process creates, and ToGo's existing files in `folders`.

    ToGo's own files and folders in `folders` get the modes 0600 and 0700. A folder keeps its mode if it also holds
    files of others, such as /var/log, or if it has the sticky bit, such as /tmp. So does everything that belongs to
    another user.
    """
    os.umask(0o077)
    for folder in folders:
        entries = list(folder.iterdir())
        own = [entry for entry in entries if any(fnmatch(entry.name, pattern) for pattern in _OWN)]
        others = [entry for entry in entries if entry not in own and entry not in folders]
        if not others and not folder.stat().st_mode & stat.S_ISVTX:
            _allow_owner_only(folder)
        for entry in own:
            for path in (entry, *_below(entry)):
                _allow_owner_only(path)


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir() and not path.is_symlink():
        yield from path.rglob("*")


def _allow_owner_only(path: Path) -> None:
    """Remove the permissions of the group and of others."""
    # Another process may remove the file meanwhile, or it may belong to somebody else.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.lstat().st_mode & 0o7777
        if mode & 0o077 and not path.is_symlink():
            path.chmod(mode & ~0o077)
