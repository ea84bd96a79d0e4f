"""Keeps what is secret in a path out of the logs; nothing else that is logged holds a secret."""

import logging
import re

# The link to a calendar is all that one needs to read it.
_LINK = re.compile(r"(/calendar/)(?!token/)[^/\s]+")


class MaskingFilter(logging.Filter):
    """Masks the token of a calendar's link."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets everything through."""
        message = record.getMessage()
        if _LINK.search(message):
            record.msg, record.args = _LINK.sub(r"\1***", message), None
        return True
