"""Signs messages as Standard Webhooks 1.0 says: https://www.standardwebhooks.com/"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

_BEGINNING = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A random secret."""
    return _BEGINNING + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(message_id: str, *, timestamp: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers of a try: `timestamp` is when it is sent, in seconds since 1970, and each secret signs `body`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def message_id(*parts: object) -> str:
    """The id of the message about these parts: always the same for the same ones."""
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return "msg_" + base64.urlsafe_b64encode(digest[:18]).decode()


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_BEGINNING))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
