"""Errors about signing in with OpenID Connect."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class SignInRefused(ToGoError):
    """The provider refused the sign-in, or its answer doesn't belong to a sign-in that this browser began here, is
    forged, expired or used."""

    code, status, title = "sign_in_refused", 403, _("The sign-in was refused")


class SignUpOff(ToGoError):
    """The provider knows the person, but nobody here is linked to them, and `TOGO_OIDC_SIGNUP` is off."""

    code, status, title = "sign_up_off", 403, _("You have no account here")


class ProviderUnavailable(ToGoError):
    """The provider can't be reached, is too slow, or answers with something else than OpenID Connect."""

    code, status, title = "provider_unavailable", 503, _("The sign-in service doesn't answer")


class AlreadyLinked(ToGoError):
    """This account at the provider is linked to another person."""

    code, status, title = "already_linked", 409, _("This sign-in belongs to somebody else")


class LastSignIn(ToGoError):
    """The person couldn't sign in any more without this linked sign-in."""

    code, status, title = "last_sign_in", 409, _("This is the last way to sign in")
