"""One client's calls: each is sent again until its answer is certain or patience ends."""

import http.client
import json
import time
from typing import Any, NamedTuple

# The longest wait for one answer, in seconds.
TIMEOUT = 5.0
# How long a call with a key is sent again.
PATIENCE = 20.0


class Answer(NamedTuple):
    """A status, 0 where there was none, and the JSON that came with it."""

    status: int
    body: Any
    sends: int = 1

    @property
    def is_unknown(self) -> bool:
        """Whether the call may have happened: no answer came, or one of the server's errors.

        Of `try_again` docs/errors.md says that a busy database has written nothing, one that was lost may have; the
        busy one is to be asked again after a second, the lost one after more.
        """
        return self.status == 0 or (self.status >= 500 and not self._is_busy)

    @property
    def _is_busy(self) -> bool:
        return self.code == "try_again" and self.body.get("retry_after") == 1

    @property
    def code(self) -> str:
        """The refusal's code."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Caller:
    """A connection that is kept while it works."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Send it once. The answer's status is 0 where the connection was refused, cut or silent for too long."""
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        self._connection = connection
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
            answer = Answer(response.status, json.loads(text) if text else None)
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            self._connection = None
            return Answer(0, None)
        return answer

    def send_until_known(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Send it again and again until it is answered; only for calls that may be repeated."""
        end = time.monotonic() + PATIENCE
        sends = 0
        while True:
            answer = self.send(method, path, body, headers)
            sends += 1
            unsure = answer.is_unknown or answer.code in {"try_again", "idempotency_key_in_use"}
            if not unsure or time.monotonic() > end:
                # What was sent before may have happened, whatever the last answer says.
                return answer._replace(status=0) if unsure and sends > 1 else answer._replace(sends=sends)
            time.sleep(0.2)
