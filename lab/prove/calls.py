"""One client's calls: each is sent again until its answer is certain or patience ends."""

import contextlib
import http.client
import json
import time
from typing import Any, NamedTuple

# The longest wait for one answer, in seconds.
TIMEOUT = 3.0
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
        self._waits = False

    def port(self) -> int | None:
        """Where the kept connection comes from, while it awaits an answer."""
        connection = self._connection
        sock = connection.sock if connection and self._waits else None
        with contextlib.suppress(OSError, AttributeError):
            return int(sock.getsockname()[1]) if sock else None
        return None

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Send it once. The answer's status is 0 where the connection was refused, cut or silent for too long."""
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        self._connection = connection
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            self._waits = True
            response = connection.getresponse()
            text = response.read()
            answer = Answer(response.status, json.loads(text) if text else None)
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            self._connection = None
            return Answer(0, None)
        finally:
            self._waits = False
        return answer

    def hang_up(self, method: str, path: str, body: Any, headers: dict[str, str], wait: float) -> Answer:
        """Send it, and close the connection so many seconds later, without a look at the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            time.sleep(wait)
        return Answer(0, None)

    def send_until_known(
        self, method: str, path: str, body: Any, headers: dict[str, str], *, sent: Answer | None = None
    ) -> Answer:
        """Send it again and again until it is answered; only for calls that may be repeated. `sent` was before.

        Where a sending got no answer, only success makes the end certain: after a refusal it may happen yet.
        """
        end = time.monotonic() + PATIENCE
        sends, lost = (1, sent.is_unknown) if sent else (0, False)
        while True:
            answer = self.send(method, path, body, headers)
            sends += 1
            lost = lost or answer.is_unknown
            unsure = answer.is_unknown or answer.code in {"try_again", "idempotency_key_in_use"}
            if not unsure or time.monotonic() > end:
                certain = answer.status < 300 or not lost
                return answer._replace(sends=sends) if certain else Answer(0, None, sends)
            time.sleep(0.2)
