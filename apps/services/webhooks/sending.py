"""Sends one message over HTTP/1.1, to an address that was checked, within a bounded time and with bounded memory.

Redirects aren't followed, and no proxy is used. The library h11 speaks the protocol.
"""

import asyncio
import datetime
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import h11
from django.conf import settings
from django.utils import timezone

from apps.exceptions.base import ToGoError
from apps.services.shared import stored
from apps.services.webhooks import addresses
from apps.services.webhooks.addresses import Target, Unreachable

# A try has so many seconds in all, from looking up the name to the end of the answer.
SECONDS = 15.0
# If a host has several addresses, each but the last gets so many seconds to accept the connection.
_SECONDS_TO_CONNECT = 4.0
# The most that is read of an answer's head and of its body, in bytes.
_HEAD, _BODY = 16_384, 2_000
_CHUNK = 4_096
# OpenSSL's codes of what is wrong with a certificate, in plain words.
_CERTIFICATE_ERRORS = {
    9: stored.NOT_YET_VALID,
    10: stored.EXPIRED,
    18: stored.SIGNED_BY_ITSELF,
    19: stored.UNKNOWN_AUTHORITY,
    20: stored.UNKNOWN_AUTHORITY,
    21: stored.UNKNOWN_AUTHORITY,
    62: stored.OTHER_HOST,
    64: stored.OTHER_HOST,
}


@dataclass(frozen=True)
class Outcome:
    """The result of a try: the answer's status, the beginning of its body and how long it asks to wait, in seconds;
    or the reason why there is no answer."""

    status: int | None = None
    answer: str = ""
    retry_after: float | None = None
    error: str = ""
    seconds: float = 0.0

    @property
    def is_success(self) -> bool:
        """Whether the receiver says that it has the message."""
        return self.status is not None and 200 <= self.status < 300 and not self.error


class Line:
    """The connection to one receiver. It stays open between messages that follow each other."""

    def __init__(self) -> None:
        self._target: Target | None = None
        self._http: h11.Connection
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """POST the body and return the outcome; raises nothing."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(SECONDS):
                outcome = await self._exchange(addresses.parse(url), headers, body)
        except TimeoutError:
            outcome = Outcome(error=stored.NO_ANSWER % {"seconds": f"{SECONDS:g}"})
        except ToGoError as refusal:
            outcome = Outcome(error=refusal.detail)
        except Unreachable as error:
            outcome = Outcome(error=stored.NO_ADDRESS % {"why": error})
        except h11.RemoteProtocolError as error:
            outcome = Outcome(error=stored.NO_HTTP % {"why": error})
        except OSError as error:
            outcome = Outcome(error=_why(error, urlsplit(url).hostname))
        if outcome.error:
            self.close()
        return Outcome(
            outcome.status, outcome.answer, outcome.retry_after, outcome.error[:255], time.monotonic() - started
        )

    def close(self) -> None:
        """Close the connection."""
        if self._target:
            self._target = None
            self._writer.transport.abort()

    async def _exchange(self, target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        if self._target == target:
            # A receiver may close the connection at any time: then the message is sent over a new one.
            try:
                return await self._ask(target, headers, body)
            except (ConnectionError, h11.RemoteProtocolError):
                pass
        self.close()
        await self._connect(target)
        return await self._ask(target, headers, body)

    async def _connect(self, target: Target) -> None:
        found = addresses.checked(await asyncio.wrap_future(addresses.look_up(target)))
        context = _tls() if target.tls else None
        name = target.host if target.tls else None
        for number, address in enumerate(found, start=1):
            is_last = number == len(found)
            try:
                async with asyncio.timeout(None if is_last else _SECONDS_TO_CONNECT):
                    self._reader, self._writer = await asyncio.open_connection(
                        address, target.port, ssl=context, server_hostname=name, limit=_HEAD
                    )
                break
            except (OSError, TimeoutError):
                if is_last:
                    raise
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._target = target

    async def _ask(self, target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        request = h11.Request(
            method="POST",
            target=target.path,
            headers=[
                ("Host", target.netloc),
                ("User-Agent", f"ToGo/{settings.TOGO_VERSION}"),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
        )
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()
        return await self._answer()

    async def _answer(self) -> Outcome:
        response: h11.Response | None = None
        read = b""
        while len(read) < _BODY:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                received = await self._reader.read(_CHUNK)
                if not received and response is None:
                    raise ConnectionResetError
                self._http.receive_data(received)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                read += event.data
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
                break
        assert response
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self.close()
        text = read[:_BODY].decode(errors="replace")
        shown = "".join(character for character in text if character.isprintable() or character in "\n\t")
        return Outcome(response.status_code, shown, _retry_after(dict(response.headers).get(b"retry-after")))


@cache
def _tls() -> ssl.SSLContext:
    """Verifies certificates and host names."""
    return ssl.create_default_context()


def _retry_after(value: bytes | None) -> float | None:
    """The seconds that a `Retry-After` asks for, as a number or as a date; None if it can't be understood."""
    text = (value or b"").decode("ascii", errors="replace").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(datetime.UTC) - timezone.now()).total_seconds())


def _why(error: OSError, host: str | None) -> str:
    """The reason of an error of the network."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = _CERTIFICATE_ERRORS.get(error.verify_code)
        why = known % {"host": host} if known else error.verify_message.rstrip(".")
        return stored.BAD_CERTIFICATE % {"why": why}
    if isinstance(error, ssl.SSLError):
        return stored.NO_TLS % {"why": error.reason or error}
    if error.errno:
        return stored.NO_CONNECTION % {"why": os.strerror(error.errno)}
    return stored.CLOSED
