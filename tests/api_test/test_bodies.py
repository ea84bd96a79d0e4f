"""A real web server reads each body whole or refuses it, however it is sent."""

import json
import socket
from typing import Any

import pytest
from django.conf import settings

from apps.models import Assignment, Import, Task, User
from lab.processes import Server
from tests.conftest import token_of

pytestmark = [pytest.mark.no_db, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


def chunks(body: bytes, *, size: int = 7, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body as `Transfer-Encoding: chunked` sends it."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def send(
    server: Server, head: str, body: bytes, person: User | None = None, *, hang_up: bool = False
) -> tuple[int, str]:
    """The status and the text of the answer to these bytes."""
    lines = [head, "Host: localhost", "Connection: close"]
    if person:
        lines.append(f"Authorization: Bearer {token_of(person)}")
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while block := connection.recv(65536):
            answer += block
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]), rest.partition(b"\r\n\r\n")[2].decode()


def call(server: Server, method: str, path: str, data: Any, person: User) -> tuple[int, Any]:
    head = f"{method} {path} HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: Chunked"
    status, text = send(server, head, chunks(json.dumps(data).encode()), person)
    return status, json.loads(text)


def form_of(file: bytes) -> bytes:
    head = b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
    return head + file + b"\r\n--line--\r\n"


UPLOAD = "POST /api/users/assignment/import/ HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=line\r\n"


def test_a_chunked_body_is_read(server: Server, admin: User, alice: User, cooking: Task) -> None:
    body = {"task": cooking.pk, "user": alice.pk, "date": "2026-03-02"}
    status, created = call(server, "POST", "/api/users/assignment/", body, admin)
    assert status == 201
    assert call(server, "PATCH", f"/api/users/assignment/{created['id']}/", {"status": "done"}, admin)[0] == 200
    assert call(server, "PATCH", f"/api/tasks/{cooking.pk}/", {"is_active": False}, admin)[0] == 200
    assert call(server, "PUT", f"/api/users/limit/{alice.pk}/2026-03-03/", {"maximum": 2}, admin)[0] == 200
    status, told = call(server, "PATCH", f"/api/users/{alice.pk}/", {"is_active": False}, admin)

    assert (status, told["is_active"]) == (200, False)
    assert not User.objects.get(pk=alice.pk).is_active
    assert not Task.objects.get().is_active
    assert Assignment.objects.get().status == "done"


def test_a_chunked_file_is_imported_whole(server: Server, admin: User) -> None:
    rows = b"".join(b"1,1,2026-03-%02d\n" % (1 + number % 28) for number in range(2000))
    body = chunks(form_of(b"task,user,date\n" + rows), size=1000)

    status, text = send(server, UPLOAD + "Transfer-Encoding: chunked", body, admin)

    assert (status, json.loads(text)["rows"]) == (202, 2000)


@pytest.mark.parametrize("path", ["/api/users/assignment/", "/api/tasks/"])
def test_a_chunked_body_that_is_too_long_is_refused(server: Server, admin: User, path: str) -> None:
    longest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    status, problem = call(server, "POST", path, {"name": "x" * longest}, admin)

    assert (status, problem["code"]) == (413, "payload_too_large")
    assert not Task.objects.exists()


@pytest.mark.parametrize("end", [b"ZZ\r\n", b"7\r\nonly", b""])
def test_a_chunked_body_that_breaks_off_changes_nothing(server: Server, admin: User, alice: User, end: bytes) -> None:
    text = json.dumps({"is_active": False}).encode()
    head = f"PATCH /api/users/{alice.pk}/ HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"

    status, _ = send(server, head, chunks(text[:-1], end=end), admin, hang_up=True)

    assert status == 400
    assert User.objects.get(pk=alice.pk).is_active


@pytest.mark.parametrize("how", ["Transfer-Encoding: chunked", "Content-Length: {length}"])
def test_a_file_that_breaks_off_is_not_imported_in_part(server: Server, admin: User, how: str) -> None:
    body = form_of(b"task,user,date\n" + b"1,1,2026-03-02\n" * 100)
    part = body[:800]
    sent = chunks(part, end=b"") if "chunked" in how else part

    status, _ = send(server, UPLOAD + how.format(length=len(body)), sent, admin, hang_up=True)

    assert status == 400
    assert not Import.objects.exists()


def test_a_chunked_form_of_a_page_is_refused_with_411(server: Server, alice: User) -> None:
    head = "POST /sign-in/ HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked"

    status, text = send(server, head, chunks(b"username=alice&password=x"))

    assert (status, text) == (411, "Send this with a Content-Length.\n")
