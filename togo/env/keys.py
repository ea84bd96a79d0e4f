"""The secret key, and those before it. No error repeats a key."""

import os
import re
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from togo.env.texts import text


def secret_key(name: str, *, made_in: Path | None = None) -> str:
    """The key. Without one, ToGo makes it once, in a file in the folder `made_in` that only its owner can read."""
    key = text(name)
    if not key and made_in:
        key = _key_in(made_in / "secret_key")
    if not _is_strong(key):
        raise ImproperlyConfigured(
            f"{name} must be at least 50 characters long, and random; make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    return key


def _key_in(path: Path) -> str:
    # Two first starts may race: each writes a file of its own, and the process that links its file first wins.
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def former_keys(name: str) -> list[str]:
    """Keys, separated by commas or line breaks."""
    keys = [key.strip() for key in re.split(r"[,\n]", text(name)) if key.strip()]
    if not all(_is_strong(key) for key in keys):
        raise ImproperlyConfigured(
            f"{name} must be keys that TOGO_SECRET_KEY accepts, of at least 50 characters each, separated by commas."
        )
    return keys


def _is_strong(key: str) -> bool:
    # The conditions of Django's own `check --deploy`.
    return len(key) >= 50 and len(set(key)) >= 5 and not key.startswith("django-insecure-")
