"""How passwords are hashed and compared, whichever door they come through."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password

from apps.exceptions.base import TryAgain

# Argon2 takes 100 MB and a processor while it works. Two at once in each process keep both bounded.
AT_ONCE = 2
# Seconds to wait for a turn: longer than a crowd of 100 takes.
PATIENCE = 10

_turns = threading.BoundedSemaphore(AT_ONCE)
_thread = threading.local()


def normal(password: str) -> str:
    """The form in which new passwords are hashed: NFC (RFC 8265), because keyboards encode "ö" in different ways."""
    return unicodedata.normalize("NFC", password)


def hashed(password: str) -> str:
    """The hash of a new password, to be stored. Raises `TryAgain`."""
    return make_password(normal(password))


def unusable() -> str:
    """What is stored instead of a hash for somebody without a password; another text each time."""
    return make_password(None)


@contextmanager
def turn() -> Iterator[None]:
    """Wait until fewer than two threads of this process hash passwords. Raises `TryAgain` after 10 seconds.

    A thread that has a turn already goes straight on.
    """
    if getattr(_thread, "has_turn", False):
        yield
        return
    if not _turns.acquire(timeout=PATIENCE):
        raise TryAgain("Too many people are signing in at the same time; try again in a moment.", retry_after=1)
    _thread.has_turn = True
    try:
        yield
    finally:
        _thread.has_turn = False
        _turns.release()


class Argon2Hasher(Argon2PasswordHasher):
    """Django's Argon2id, a few at a time."""

    def encode(self, password: str, salt: str) -> str:
        """The hash to keep. Raises `TryAgain`."""
        with turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password has this hash. Raises `TryAgain`."""
        with turn():
            return super().verify(password, encoded)
