"""Calls a server from many connections at once, and measures how fast it answers."""

import contextlib
import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# The time-out of an answer, in seconds.
_ANSWER_TIMEOUT = 60.0
# Returns the requests of one connection, as the bytes to send.
Requests = Callable[[int], Iterator[bytes]]


@dataclass(frozen=True)
class Rate:
    """Calls per second, the statuses of the answers, and their latency in milliseconds."""

    per_second: float
    statuses: Counter[int]
    p50: float
    p95: float
    p99: float


def post(path: str, token: str, body: bytes) -> bytes:
    """A POST request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, token: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def measure(port: int, requests: Requests, *, connections: int, seconds: float) -> Rate:
    """Call for so many seconds, or until there are no more requests; a connection waits for each answer.

    Raises the error of the first connection that failed.
    """
    gate = threading.Barrier(connections + 1)
    taken: list[list[float]] = [[] for _ in range(connections)]
    statuses: list[Counter[int]] = [Counter() for _ in range(connections)]
    errors: list[Exception] = []

    def call(number: int) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), _ANSWER_TIMEOUT) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                wanted = requests(number)
                gate.wait()
                end = time.perf_counter() + seconds
                for request in wanted:
                    began = time.perf_counter()
                    if began >= end:
                        break
                    connection.sendall(request)
                    statuses[number][_answer(connection)] += 1
                    taken[number].append(time.perf_counter() - began)
        except threading.BrokenBarrierError:
            pass  # Another connection failed and reports its error.
        except Exception as error:
            errors.append(error)
            gate.abort()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    with contextlib.suppress(threading.BrokenBarrierError):
        gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    spent = time.perf_counter() - began
    all_taken = sorted(itertools.chain.from_iterable(taken))
    if not all_taken:
        raise RuntimeError("no call was made")
    p50, p95, p99 = (1000 * all_taken[int(len(all_taken) * part)] for part in (0.5, 0.95, 0.99))
    return Rate(len(all_taken) / spent, sum(statuses, Counter()), p50, p95, p99)


def _answer(connection: socket.socket) -> int:
    """Read one answer; returns its status."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    head = data[:end].lower()
    body = len(data) - end - 4
    if b"transfer-encoding: chunked" in head:
        while not data.endswith(b"0\r\n\r\n"):
            data += _more(connection)
    else:
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while body < length:
            body += len(_more(connection))
    return int(data[9:12])


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("the server hung up")
    return piece
