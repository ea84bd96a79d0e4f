"""Errors about people."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class UserNotFound(ToGoError):
    """No person has this id."""

    code, status, title = "user_not_found", 404, _("There is no such person")


class UserInactive(ToGoError):
    """The person is deactivated, so they can't be given tasks."""

    code, status, title = "user_inactive", 409, _("This person is deactivated")
