"""What is handed to a mail server or a channel, and what may become of it."""

import enum
from dataclasses import dataclass

from apps.models import Channel, Message, Notification
from apps.services.notifications.writing import Letter


class Outcome(enum.Enum):
    """What became of a message that was handed over."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    ADDRESS_REFUSED = "address refused"


class ServerAway(Exception):
    """Nothing can be handed over: the mail server can't be reached, refuses this ToGo, or ended the connection. The
    text may be logged."""


@dataclass(frozen=True)
class Parcel:
    """A message, what its person wants to be told, where it goes, and its text."""

    message: Message
    to: Notification
    address: Notification | Channel
    letter: Letter
