"""What reads of several tables share."""

import re

from django.db.models import Q


def holds(column: str, text: str) -> Q:
    """Whether a column holds the text, in capitals or not."""
    # Not `icontains`: SQLite's knows no capitals but A to Z, and MariaDB's none at all where "Bob" and "bob" are two.
    return Q(**{f"{column}__iregex": f"(?i){re.escape(text)}"})
