"""Errors about idempotency keys."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class IdempotencyKeyInUse(ToGoError):
    """Another call with this key is still running."""

    code, status, title = "idempotency_key_in_use", 409, _("A call with this key is running")


class IdempotencyKeyReused(ToGoError):
    """The key was used before, for a call that sent something else."""

    code, status, title = "idempotency_key_reused", 422, _("This key belongs to another call")
