"""Jobs: each calls one service, and is done again without harm."""

from apps.tasks import limits, tokens

__all__ = ["limits", "tokens"]
