"""The `world` of tests/access, for the tests that call every route."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.access.world import World
from tests.shared_rows import shared_rows


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[World]:
    """One for all tests of a module: building it takes longer than calling it."""
    settings = override_settings(
        # Production's hasher is slow on purpose.
        PASSWORD_HASHERS=["tests.access.world.Unsalted"],
        TOGO_METRICS_TOKEN="nobody's",
    )
    with settings, shared_rows(django_db_blocker, World) as made:
        yield made
