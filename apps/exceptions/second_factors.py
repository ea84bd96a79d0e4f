"""Errors about second factors."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class OtpRequired(ToGoError):
    """The password is right, and the person has turned a second factor on: the sign-in needs a code, too.

    `ticket` is for the sign-in page, which asks for the code in a second step. It is no part of an answer.
    """

    code, status, title = "otp_required", 401, _("A code is missing")

    def __init__(self, detail: str, *, ticket: str) -> None:
        super().__init__(detail)
        self.ticket = ticket
