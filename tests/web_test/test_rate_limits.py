"""Pages count as calls, and a refused page says when to try again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.exceptions.base import TooManyRequests
from apps.models import User
from apps.services.shared import rate_limits
from tests.clock import stop_rate_limits

pytestmark = pytest.mark.no_db


@pytest.fixture(autouse=True)
def _limited(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three calls in a second, with the clock stopped, counted in this test's own folder."""
    stop_rate_limits(monkeypatch)
    settings.TOGO_HOME, settings.TOGO_RATE_LIMIT = tmp_path, (3, 1)
    yield
    for key in [key for key in rate_limits._opened if key[0].parent == tmp_path]:
        rate_limits._opened.pop(key).close()


def statuses(client: Client, path: str, **more: str) -> list[int]:
    return [client.get(path, **more).status_code for _ in range(5)]  # type: ignore[arg-type]


def test_a_person_who_asks_too_often_gets_a_page_that_says_so(taskmaster: User, alice: User, client: Client) -> None:
    client.force_login(taskmaster)
    assert statuses(client, "/board/") == [200] * 3 + [429] * 2

    refused = client.get("/today/")
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    assert "You may make 3 calls in a second" in refused.content.decode()
    assert "default-src 'none'" in refused["Content-Security-Policy"]

    # The answer to a script is shown over the existing page.
    fragment = client.get("/board/", HTTP_HX_REQUEST="true")
    assert (fragment.status_code, fragment["HX-Reswap"], fragment["Retry-After"]) == (429, "none", "1")
    assert "<html" not in fragment.content.decode()

    client.force_login(alice)
    assert client.get("/today/").status_code == 200


def test_pages_and_calls_of_a_person_count_together(taskmaster: User, client: Client) -> None:
    client.force_login(taskmaster)
    assert statuses(client, "/board/") == [200] * 3 + [429] * 2

    with pytest.raises(TooManyRequests):
        rate_limits.require_room(f"person {taskmaster.pk}")


def test_pages_of_anonymous_readers_are_counted_by_address(db: None, client: Client) -> None:
    assert statuses(client, "/sign-in/", REMOTE_ADDR="198.51.100.7") == [200] * 3 + [429] * 2
    assert statuses(client, "/errors/", REMOTE_ADDR="198.51.100.8") == [200] * 3 + [429] * 2


def test_static_files_health_and_metrics_are_not_counted(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # What all other tests have counted takes a second to add up.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for path in ("/static/css/base.css", "/health/live/", "/metrics"):
        assert 429 not in statuses(client, path), path


def test_without_a_limit_nothing_is_counted(settings: Any, db: None, client: Client, tmp_path: Path) -> None:
    settings.TOGO_RATE_LIMIT = None

    assert statuses(client, "/sign-in/") == [200] * 5
    assert list(tmp_path.iterdir()) == []
