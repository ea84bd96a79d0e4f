"""Errors about API keys."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class KeyNotAllowed(ToGoError):
    """The call is outside the key's `scope`, or can't be made with any key."""

    code, status, title = "key_not_allowed", 403, _("This key may not do this")


class TooManyKeys(ToGoError):
    """The person has as many keys (`maximum`) as one person may have."""

    code, status, title = "too_many_keys", 409, _("There are too many keys")
