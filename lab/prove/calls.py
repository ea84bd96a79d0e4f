"""Sends one client's calls, and repeats them until the answer is certain or the client gives up."""

import contextlib
import http.client
import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

# The longest wait for one answer, in seconds.
TIMEOUT = 3.0
# For how many seconds a call with a key is sent again.
RESEND_SECONDS = 20.0


class Answer(NamedTuple):
    """A status, 0 if no answer came, and the JSON of the answer."""

    status: int
    body: Any
    sends: int = 1

    @property
    def is_unknown(self) -> bool:
        """Whether the client can't know if the call was done: no answer came, or a server's error.

        docs/errors.md says of `try_again`: a busy database has written nothing, but a database whose connection was
        lost may have. A `retry_after` of one second means busy, a longer one means lost.
        """
        return self.status == 0 or (self.status >= 500 and not self._is_busy)

    @property
    def _is_busy(self) -> bool:
        return self.code == "try_again" and self.body.get("retry_after") == 1

    @property
    def code(self) -> str:
        """The code of the refusal, or an empty text."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Caller:
    """Sends calls on a connection, which it keeps as long as it works.

    Of several web servers it stays with one until that one fails, as a load balancer does.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._connection: http.client.HTTPConnection | None = None
        self._is_waiting = False

    def port(self) -> int | None:
        """The client's port of the connection while it waits for an answer, else None."""
        connection = self._connection
        sock = connection.sock if connection and self._is_waiting else None
        with contextlib.suppress(OSError, AttributeError):
            return int(sock.getsockname()[1]) if sock else None
        return None

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Send it once. The answer's status is 0 if the connection was refused, was cut or timed out."""
        connection = self._connection or self._connect()
        self._connection = connection
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            self._is_waiting = True
            response = connection.getresponse()
            text = response.read()
            answer = Answer(response.status, json.loads(text) if text else None)
        except (OSError, http.client.HTTPException, ValueError):
            self._leave(connection)
            return Answer(0, None)
        finally:
            self._is_waiting = False
        if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE and len(self._ports) > 1:
            self._leave(connection)
        return answer

    def hang_up(self, method: str, path: str, body: Any, headers: dict[str, str], wait: float) -> Answer:
        """Send it, and close the connection after `wait` seconds without reading the answer."""
        connection = self._connect()
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            time.sleep(wait)
        return Answer(0, None)

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=TIMEOUT)

    def _leave(self, connection: http.client.HTTPConnection) -> None:
        """Go on with the next web server."""
        connection.close()
        self._connection = None
        self._ports.append(self._ports.pop(0))

    def send_until_known(
        self, method: str, path: str, body: Any, headers: dict[str, str], *, sent: Answer | None = None
    ) -> Answer:
        """Send a call that may be repeated until its answer is certain. `sent` is the answer to an earlier sending.

        If a sending got no answer, only success is certain: after a refusal the earlier sending may still be done.
        """
        end = time.monotonic() + RESEND_SECONDS
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
