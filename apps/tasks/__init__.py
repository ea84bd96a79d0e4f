"""Jobs. Each calls one service, and may safely run again."""

from apps.tasks import (
    archive,
    distributions,
    idempotency,
    imports,
    limits,
    notifications,
    series,
    sessions,
    tokens,
    webhooks,
)

__all__ = [
    "archive",
    "distributions",
    "idempotency",
    "imports",
    "limits",
    "notifications",
    "series",
    "sessions",
    "tokens",
    "webhooks",
]
