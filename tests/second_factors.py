"""An authenticator app for tests."""

import datetime
from dataclasses import dataclass

import pyotp
from django.utils import timezone

from apps.models import User
from apps.services import second_factors


@dataclass
class App:
    """The app of a person whose second factor is on, and the recovery codes that they were shown."""

    secret: str
    recovery_codes: list[str]

    def code(self, steps: int = 0) -> str:
        """The code that the app shows now, or so many steps of 30 seconds later."""
        return code_of(self.secret, steps)


def code_of(secret: str, steps: int = 0) -> str:
    """The code of a secret now, or so many steps of 30 seconds later."""
    return pyotp.TOTP(secret).at(timezone.now() + datetime.timedelta(seconds=30 * steps))


def turn_on(person: User) -> App:
    """Turn a person's second factor on, with the code of the step before: the code of now still works."""
    offer = second_factors.offer(actor=person)
    _, codes = second_factors.turn_on(
        actor=person, signed=offer.signed, code=code_of(offer.secret, -1), session_key=None
    )
    person.refresh_from_db()
    return App(offer.secret, codes)
