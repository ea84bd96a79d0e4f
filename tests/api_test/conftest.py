"""The world of tests/access, for those who ask for everything there is."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings
from freezegun import freeze_time

from tests.access.world import World


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """One for all rows: it takes longer to make than to ask."""
    settings = override_settings(
        # A password takes long to hash, as in use.
        PASSWORD_HASHERS=["tests.access.world.Unsalted"],
        TOGO_METRICS_TOKEN="nobody's",
    )
    with django_db_blocker.unblock(), settings, transaction.atomic():
        with freeze_time("2026-03-02T12:00:00Z", ignore=["celery", "kombu", "concurrent_log_handler"]):
            made = World()
        yield made
        transaction.set_rollback(True)
