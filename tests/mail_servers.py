"""A real mail server for tests, in a thread: it keeps what it takes, and refuses what a test tells it to."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from lab.processes import free_port


class MailServer:
    """Keeps the mails that it takes. `refuse_recipient` and `refuse_data` are its answers instead of 250; it calls
    `before_answer` between taking a mail and answering."""

    def __init__(self) -> None:
        self.port = free_port()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all mails, and take every further one."""
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse_recipient = ""
        self.refuse_data = ""
        self.before_answer: Callable[[], object] = lambda: None

    def as_setting(self) -> dict[str, Any]:
        """`TOGO_EMAIL_SERVER` that leads here."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "username": "",
            "password": "",
            "use_ssl": False,
            "use_tls": False,
        }

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_data:
            return self.refuse_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.recipients += envelope.rcpt_tos
        self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        await asyncio.to_thread(self.before_answer)
        return "250 OK"


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server on this machine."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
