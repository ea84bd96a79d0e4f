"""Jobs: each calls one service, and is done again without harm."""

from apps.tasks import idempotency, imports, limits, tokens

__all__ = ["idempotency", "imports", "limits", "tokens"]
