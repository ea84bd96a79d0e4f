"""A real mail server that takes every mail: `python -m lab.bench.mailbox PORT`. At its end it prints how many mails it
has taken, and for how many people."""

import json
import signal
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Counts what it takes."""

    def __init__(self) -> None:
        self.mails = 0
        self.people: set[str] = set()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail."""
        self.mails += 1
        self.people.update(envelope.rcpt_tos)
        return "250 OK"


def main() -> None:
    """Take mails until SIGTERM."""
    mailbox = Mailbox()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    controller = Controller(mailbox, hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    signal.sigwait([signal.SIGTERM])
    controller.stop()
    sys.stdout.write(json.dumps([mailbox.mails, len(mailbox.people)]))


if __name__ == "__main__":
    main()
