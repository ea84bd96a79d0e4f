"""Jobs: each calls one service, and is done again without harm."""

from apps.tasks import idempotency, limits, tokens

__all__ = ["idempotency", "limits", "tokens"]
