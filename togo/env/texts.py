"""Texts and lists of words, as the environment has them."""

import os
from collections.abc import Sequence


def is_set(name: str) -> bool:
    """Whether the variable holds anything; an empty one counts as not set."""
    return bool(os.environ.get(name, "").strip())


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Words separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)
