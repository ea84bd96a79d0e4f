"""Backs up an SQLite database while ToGo runs, and restores it."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from apps.exceptions.backups import BackupRefused


def backup(*, target: Path) -> int:
    """Write the database as it is at one moment into a new file, check it and sync it to the disk; returns its size in
    bytes.

    Writers don't wait meanwhile. Raises `BackupRefused` if the file exists or can't be written, and if the database
    isn't SQLite.
    """
    source = _database()
    if target.exists():
        raise BackupRefused(f"{target} exists; a backup overwrites nothing.")
    # It has another name until it is complete, so that a file with a backup's name is always a complete backup.
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        # Only its owner may read it, as with the database.
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _opened(source, "ro") as live, _opened(draft, "rw") as copy:
            live.backup(copy)
            # Make it a single file that can be moved, also to a read-only place.
            copy.execute("PRAGMA journal_mode = DELETE")
        _check(draft)
        os.link(draft, target)
        _sync(target.parent)
    except FileExistsError:
        raise BackupRefused(f"{target} exists; a backup overwrites nothing.") from None
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"The backup can't be written to {target}: {error}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def restore(*, source: Path, force: bool = False) -> None:
    """Restore a backup in one transaction: if it is killed half-way, the database stays as it was.

    Raises `BackupRefused`, and changes nothing, if the backup is damaged, isn't ToGo's or is of a newer ToGo, and,
    without `force`, if there is a database already.
    """
    target = _database()
    _check(source)
    if target.exists() and target.stat().st_size and not force:
        raise BackupRefused(f"There is a database at {target}; --force replaces it.")
    connection.close()
    try:
        # Only its owner may read it; SQLite gives its other files the same mode.
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
        target.chmod(0o600)
        with _opened(source, "ro") as copy, _opened(target, "rwc") as live:
            copy.backup(live)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(
            f"{target} can't be replaced ({error}); stop ToGo, move it away with its -wal and -shm, and try again."
        ) from None


def _database() -> Path:
    if connection.vendor != "sqlite":
        raise BackupRefused("This is for SQLite; docs/operations/backups.md explains backups of other databases.")
    return Path(str(connection.settings_dict["NAME"]))


@contextlib.contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)) as opened:
        yield opened


def _check(path: Path) -> None:
    """Raise `BackupRefused` unless it is a complete database of this ToGo or an older one."""
    try:
        with _opened(path, "ro") as copy:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
            broken = copy.execute("PRAGMA foreign_key_check").fetchone()
            applied = {row[0] for row in copy.execute("SELECT name FROM django_migrations WHERE app = 'togo'")}
    except sqlite3.Error as error:
        raise BackupRefused(f"{path} is no backup of ToGo: {error}.") from None
    if found != ["ok"] or broken:
        raise BackupRefused(
            f"{path} is damaged: {found[0] if found != ['ok'] else f'a row of {broken[0]} refers to a missing row'}."
        )
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "togo"}
    if unknown := sorted(applied - known):
        raise BackupRefused(f"{path} is of a newer ToGo, with {unknown[0]}.")


def _sync(folder: Path) -> None:
    """Sync the folder to the disk, so that the file's name is as safe as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
