"""Jobs. Each calls one service, and may safely run again."""

from apps.tasks import idempotency, imports, limits, sessions, tokens, webhooks

__all__ = ["idempotency", "imports", "limits", "sessions", "tokens", "webhooks"]
