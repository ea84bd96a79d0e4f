"""Writes the files of the archive. A file has its final name only once it is complete and on the disk."""

import contextlib
import datetime
import gzip
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from apps.exceptions.archive import ArchiveRefused
from apps.models import ArchiveFile
from apps.models.archive import FileKind
from apps.services.shared import spreadsheets

# A name holds so much of the checksum: two files of the same dates differ in it.
_DIGITS = 12


def folder() -> Path:
    """Where the files are, in the `TOGO_HOME` of the process that archives."""
    return settings.TOGO_HOME / "archive"


def write(
    kind: FileKind,
    *,
    first: datetime.date,
    last: datetime.date,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> ArchiveFile:
    """Write these rows as a compressed CSV file, and sync it to the disk; returns the unsaved row of the file.

    The same rows make the same file: if it is there already, because a run was interrupted, it stays. Raises
    `ArchiveRefused` if it can't be written.
    """
    # Without a time within, so that the same rows have the same checksum.
    content = gzip.compress("".join(spreadsheets.write(header, rows)).encode(), mtime=0)
    checksum = hashlib.sha256(content).hexdigest()
    dates = f"{first}" if first == last else f"{first}-to-{last}"
    name = f"{kind}-{dates}-{len(rows)}-rows-{checksum[:_DIGITS]}.csv.gz"
    try:
        _put(folder() / name, content)
    except OSError as error:
        raise ArchiveRefused(f"The archive can't be written to {folder()}: {error}.") from error
    return ArchiveFile(name=name, kind=kind, first=first, last=last, rows=len(rows), sha256=checksum)


def damaged() -> Iterator[str]:
    """What is wrong with the files: each that is missing or has another content, and each that belongs to none of the
    runs that ended well."""
    known = dict(ArchiveFile.objects.order_by("name").values_list("name", "sha256"))
    for name, checksum in known.items():
        try:
            content = (folder() / name).read_bytes()
        except OSError as error:
            yield f"{name} can't be read: {error.strerror}."
        else:
            if hashlib.sha256(content).hexdigest() != checksum:
                yield f"{name} was changed: it has another checksum."
    for path in sorted(folder().glob("*")):
        if path.name not in known:
            yield f"{path.name} is left from an interrupted run: what it holds is in the database or in other files."


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.read_bytes() == content:
        # An interrupted run may have been killed before it synced the name.
        _sync(path.parent)
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        # Only its owner may read it, as with the database.
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    """Sync the folder to the disk, so that the file's name is as safe as its content."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
