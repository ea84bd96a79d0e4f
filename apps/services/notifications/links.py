"""The signed links in messages: one confirms an address, one stops the messages to it."""

from django.core.signing import BadSignature, Signer, TimestampSigner
from django.urls import reverse

from apps.models import Notification
from apps.models.notifications import Address
from apps.services.shared.formats import parse_id
from apps.services.shared.links import public

# A link to confirm an address works for so many seconds.
CONFIRMS_FOR = 3 * 86_400
_confirms = TimestampSigner(sep="~", salt="togo.messages.confirm")


def to_confirm(one: Address) -> str:
    """The address of the page that confirms the person's address. It works once."""
    return public(reverse("messages-confirm", args=[_confirms.sign(one.nonce)]))


def nonce_in(token: str) -> str | None:
    """The nonce in a token; None for a forged token, or one that is older than three days."""
    try:
        return _confirms.unsign(token, max_age=CONFIRMS_FOR)
    except BadSignature:
        return None


def to_stop(one: Notification) -> str:
    """The address that stops the messages to this person, as RFC 8058 has it. It works as long as the person's address
    stays the same."""
    return public(reverse("messages-stop", args=[_stops(one).sign(str(one.user_id))]))


def user_in(token: str) -> int | None:
    """The id of the person in a token, which may be forged."""
    try:
        return parse_id(token.partition("~")[0])
    except ValueError:
        return None


def stops(token: str, one: Notification) -> bool:
    """Whether the token is genuine, and was sent to the address that the person has now."""
    try:
        return _stops(one).unsign(token) == str(one.user_id)
    except BadSignature:
        return False


def _stops(one: Notification) -> Signer:
    return Signer(sep="~", salt=f"togo.messages.stop {one.email}")
