"""The OpenID provider of the tests of pages."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.services.oidc import provider
from tests.issuer import CLIENT_ID, CLIENT_SECRET, Issuer


@pytest.fixture(scope="session")
def _one_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def issuer(_one_issuer: Issuer, settings: Any, db: None) -> Iterator[Issuer]:
    """A provider that this ToGo uses, and that answers honestly."""
    use_provider(settings, _one_issuer.url)
    settings.TOGO_OIDC_CLIENT_ID, settings.TOGO_OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    _one_issuer.begin_anew()
    yield _one_issuer
    provider.memory.forget()


def use_provider(settings: Any, url: str) -> None:
    """Let ToGo use the provider at this URL, of which it knows nothing yet."""
    provider.memory.forget()
    settings.TOGO_OIDC_ISSUER, settings.TOGO_OIDC_NAME = url, "Example ID"
    settings.TOGO_OIDC_CLIENT_ID, settings.TOGO_OIDC_CLIENT_SECRET = "togo", "a secret"
