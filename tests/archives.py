"""Reads the files of the archive, for tests."""

import csv
import gzip
import io
from pathlib import Path

from apps.models import ArchiveFile


def rows_of(folder: Path, kind: str) -> list[dict[str, str]]:
    """All rows of the files of this kind that the database knows, as a spreadsheet reads them."""
    rows: list[dict[str, str]] = []
    for file in ArchiveFile.objects.filter(kind=kind).order_by("name"):
        content = gzip.decompress((folder / file.name).read_bytes()).decode("utf-8-sig")
        found = list(csv.DictReader(io.StringIO(content, newline="")))
        assert len(found) == file.rows
        rows += found
    return rows


def assignments_in(folder: Path) -> list[int]:
    """The ids of the archived assignments, sorted."""
    return sorted(int(row["assignment"]) for row in rows_of(folder, "days") if row["assignment"])


def events_in(folder: Path) -> list[int]:
    """The ids of the archived events, sorted."""
    return sorted(int(row["id"]) for row in rows_of(folder, "events"))
