"""Hands one message after the other to the mail server, and says what became of each."""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from email.utils import parseaddr
from types import TracebackType

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from apps.models.notifications import MessageKind
from apps.services.notifications import links
from apps.services.notifications.parcels import Outcome, Parcel, ServerAway

# How long the mail server may take for each of its answers, in seconds.
_TIMEOUT = 10
# A connection sends so many messages: servers close it after some.
_MOST_ON_A_CONNECTION = 50


class Post(AbstractContextManager["Post"]):
    """A connection to the mail server. It is opened by the first message."""

    at_once = 1

    def __init__(self) -> None:
        self._connection = get_connection(timeout=_TIMEOUT, **settings.TOGO_EMAIL_SERVER)
        self._sent = 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Connect, unless a connection is open. Raises `ServerAway`."""
        if self._sent >= _MOST_ON_A_CONNECTION:
            self.close()
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise ServerAway(_why(error)) from error

    def close(self) -> None:
        """End the connection."""
        self._sent = 0
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            self._connection.connection = None  # type: ignore[attr-defined]

    def send(self, parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Outcome, str]]:
        """Send messages; gives what became of each, and the server's answer. Raises `ServerAway` if there is none."""
        for parcel in parcels:
            outcome, answer = self._send(parcel)
            yield parcel, outcome, answer

    def _send(self, parcel: Parcel) -> tuple[Outcome, str]:
        try:
            self._connection.send_messages([_mail(parcel)])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, answer)] = error.recipients.values()
            return _outcome(code, answer, for_good=Outcome.ADDRESS_REFUSED), _text(code, answer)
        except smtplib.SMTPDataError as error:
            return _outcome(error.smtp_code, error.smtp_error, for_good=Outcome.REFUSED), _text(
                error.smtp_code, error.smtp_error
            )
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise ServerAway(_why(error)) from error
        self._sent += 1
        return Outcome.TAKEN, ""


def _mail(parcel: Parcel) -> EmailMultiAlternatives:
    message, to, letter = parcel.message, parcel.to, parcel.letter
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {
        # RFC 3834: no program answers it.
        "Auto-Submitted": "auto-generated",
        # The same whenever it is sent again, so that mailboxes can drop a duplicate.
        "Message-ID": f"<togo.{message.pk}.{int(message.created_at.timestamp())}@{domain}>",
    }
    if message.kind != MessageKind.CONFIRM:
        # RFC 8058: one click ends the messages.
        headers["List-Unsubscribe"] = f"<{links.to_stop(to)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(letter.subject, letter.text, to=[to.email], headers=headers)
    mail.attach_alternative(letter.html, "text/html")
    return mail


def _outcome(code: int, answer: bytes | str, *, for_good: Outcome) -> Outcome:
    """What an answer means. 5.7.x is a rule against this server or its setup, which its operator can mend."""
    return for_good if code >= 500 and " 5.7." not in f" {_decoded(answer)}" else Outcome.LATER


def _text(code: int, answer: bytes | str) -> str:
    return f"{code} {' '.join(_decoded(answer).split())}"[:255]


def _why(error: Exception) -> str:
    """Why the server is away. Answers of the server may name addresses, so only their codes are given."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return f"{type(error).__name__}: {error}"


def _decoded(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
