"""Links to static files that change with the file, so that browsers may keep what they have."""

import functools
import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class VersionedStorage(StaticFilesStorage):
    """Adds `?v=` and a digest of the file to its address; nothing has to be collected before a start."""

    def url(self, name: str | None) -> str:
        """The file's address with its version; without one where there is no such file."""
        address = super().url(name)
        version = _version(urlsplit(name or "").path)
        return f"{address}?v={version}" if version else address


@functools.cache
def _version(name: str) -> str:
    found = finders.find(name)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12] if isinstance(found, str) else ""
