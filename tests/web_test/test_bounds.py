"""The web server's own limits on lines, headers and waiting, before a request reaches ToGo."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import pytest

from lab.processes import PATIENCE, ROOT, Server, start_server

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

BOUNDS = ["--http", "1", "--http1-buffer-size", "65536", "--no-ws"]


@pytest.fixture
def bounded(transactional_db: None) -> Iterator[Server]:
    """A server with the usual options, which waits one second for the headers instead of 30."""
    options = [*BOUNDS, "--http1-header-read-timeout", "1000"]
    with start_server(workers=1, threads=2, options=options) as server:
        yield server


def test_both_ways_to_run_have_these_bounds() -> None:
    entrypoint = (ROOT / "entrypoint.sh").read_text()
    supervisor = (ROOT / "togo" / "embedded" / "supervisor.py").read_text()

    assert f"granian --interface wsgi {' '.join(BOUNDS)} " in entrypoint
    assert f"options = {json.dumps(BOUNDS)}\n" in supervisor


def first_bytes(server: Server, sent: bytes) -> bytes:
    """The first bytes of the answer; empty if the connection is closed."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            return connection.recv(1000)
        return b""


def status(server: Server, *, target: bytes = b"/health/live/", headers: bytes = b"") -> int:
    said = first_bytes(server, b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", said)
    assert found, said
    return int(found[1])


def test_lines_and_headers_that_are_too_long_or_too_many_are_refused(bounded: Server) -> None:
    assert status(bounded) == 200
    assert status(bounded, target=b"/health/live/?" + b"a" * 70_000) in (414, 431)
    assert status(bounded, headers=b"X-Long: " + b"a" * 30_000 + b"\r\n") == 200
    assert status(bounded, headers=b"X-Long: " + b"a" * 200_000 + b"\r\n") == 431
    assert status(bounded, headers=b"".join(b"X-%d: a\r\n" % number for number in range(200))) == 431
    assert status(bounded) == 200


@pytest.mark.parametrize("said", [b"", b"GET /health/live/ HTTP/1.1\r\nHost: localho"], ids=["nothing", "little"])
def test_a_connection_without_a_whole_request_is_closed(bounded: Server, said: bytes) -> None:
    start = time.monotonic()
    assert first_bytes(bounded, said) == b""
    assert time.monotonic() - start < 15  # less than the time-out of this socket


def test_many_incomplete_requests_keep_nobody_out(bounded: Server) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            connection = socket.create_connection(("127.0.0.1", bounded.port), timeout=PATIENCE)
            stack.enter_context(contextlib.closing(connection))
            connection.sendall(b"POST /api/users/token/ HTTP/1.1\r\nHost: localho")
        assert status(bounded) == 200


def test_a_chunked_body_that_is_not_json_is_refused(bounded: Server) -> None:
    said = b"POST /api/users/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunk = b"%x\r\n%s\r\n" % (1000, b"a" * 1000)

    answer = first_bytes(bounded, said + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 10 + b"0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")
