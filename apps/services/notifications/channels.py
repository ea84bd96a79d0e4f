"""People's channels: messages by the services of Apprise that the operator allows, beside e-mail.

A process of its own speaks to them, see `apps/services/channels/`.
"""

import threading
from collections.abc import Iterator, Sequence
from types import TracebackType

from django.conf import settings
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, TryAgain
from apps.exceptions.notifications import ChannelRefused, MessagesOff
from apps.models import Channel
from apps.models.notifications import LONGEST_CHANNEL
from apps.services.channels.process import CantSpeak, Speaking
from apps.services.notifications.parcels import Outcome, Parcel, ServerAway
from apps.services.shared import stored
from apps.services.shared.networks import SETTING

# How many messages are sent at the same time, so that a receiver that is mute holds up few others. The child sends as
# many.
_AT_ONCE = 5
# One URL is checked at a time, because loading Apprise takes a processor for half a second; others wait so long.
_LONGEST_TURN = 5
_turn = threading.Lock()


def checked(url: str) -> str:
    """The URL as people may see it. Raises `MessagesOff`, `InvalidRequest` naming `channel`, and `ChannelRefused`."""
    if not settings.TOGO_APPRISE_SCHEMAS:
        raise MessagesOff(gettext("This ToGo sends to no channels; its operator can set TOGO_APPRISE_SCHEMAS."))
    schema = url.partition("://")[0].lower()
    if schema not in settings.TOGO_APPRISE_SCHEMAS:
        allowed = ", ".join(f"{name}://" for name in settings.TOGO_APPRISE_SCHEMAS)
        raise _bad(
            gettext("This must begin with one of the services that this ToGo allows: %(allowed)s.")
            % {"allowed": allowed}
        )
    if len(url) > LONGEST_CHANNEL or not all("!" <= character <= "~" for character in url):
        raise _bad(gettext("This must have at most %(most)d visible ASCII characters.") % {"most": LONGEST_CHANNEL})
    if not _turn.acquire(timeout=_LONGEST_TURN):
        raise TryAgain(gettext("Others enter channels just now; try again."), retry_after=1)
    try:
        with _speaking() as speaking:
            [(_, answer)] = speaking.ask("check", [{"url": url}])
    except CantSpeak:
        raise TryAgain(gettext("The channel can't be checked now; try again."), retry_after=5) from None
    finally:
        _turn.release()
    if answer["refused"]:
        address = answer["refused"][0]
        text = gettext(
            "The channel leads to %(address)s, which is not a public address. %(setting)s can allow its network."
        )
        raise ChannelRefused(text % {"address": address, "setting": SETTING}, address=address, setting=SETTING)
    if "shown" not in answer:
        raise _bad(gettext("This is not an address that Apprise understands."))
    return str(answer["shown"])


class ChannelPost:
    """Hands messages to channels, some at the same time."""

    at_once = _AT_ONCE

    def __init__(self) -> None:
        self._speaking = _speaking()

    def __enter__(self) -> "ChannelPost":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._speaking.end()

    def open(self) -> None:
        """Start the process that speaks. Raises `ServerAway`."""
        try:
            self._speaking.start()
        except CantSpeak as error:
            raise ServerAway(str(error)) from error

    def send(self, parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Outcome, str]]:
        """Send messages; gives what became of each, and why it wasn't taken. Raises `ServerAway`."""
        questions = [
            {"url": parcel.address.url, "title": parcel.letter.subject, "body": parcel.letter.text}
            for parcel in parcels
            if isinstance(parcel.address, Channel)
        ]
        try:
            for number, answer in self._speaking.ask("send", questions):
                if answer.get("sent"):
                    yield parcels[number], Outcome.TAKEN, ""
                elif answer["refused"]:
                    yield parcels[number], Outcome.ADDRESS_REFUSED, _leads_to(answer["refused"][0])
                else:
                    yield parcels[number], Outcome.LATER, answer["error"] or stored.NOT_TAKEN
        except CantSpeak as error:
            raise ServerAway(str(error)) from error


def _speaking() -> Speaking:
    return Speaking(
        schemas=settings.TOGO_APPRISE_SCHEMAS,
        allowed=settings.TOGO_WEBHOOK_ALLOW,
        link=settings.TOGO_PUBLIC_URL,
    )


def _leads_to(address: str) -> str:
    return stored.CHANNEL_LEADS_TO % {"address": address, "setting": SETTING}


def _bad(message: str) -> InvalidRequest:
    return InvalidRequest.of_field("channel", "invalid", message)
