"""A real OpenID provider, `oidc-provider-mock`, in a thread of the test."""

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import httpx


@contextlib.contextmanager
def running_provider() -> Iterator[str]:
    """Yields the provider's issuer. Every client and every account is known to it."""
    with warnings.catch_warnings(action="ignore"):
        # It uses older parts of its libraries.
        import oidc_provider_mock
    with (
        patch.dict(os.environ, AUTHLIB_INSECURE_TRANSPORT="1"),
        oidc_provider_mock.run_server_in_thread() as server,
    ):
        yield f"http://127.0.0.1:{server.server_port}"


class Provider:
    """The provider, as the people see it who sign in there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._accounts: set[str] = set()

    def knows(self, sub: str, **claims: Any) -> None:
        """There is an account with these claims."""
        self._accounts.add(sub)
        assert httpx.put(f"{self.url}/users/{sub}", json=claims).status_code == 204

    def sign_in(self, address: str, sub: str) -> str:
        """Sign in at the address to which ToGo leads; returns where the provider leads back to."""
        assert address.startswith(f"{self.url}/oauth2/authorize?")
        if sub not in self._accounts:
            self.knows(sub)
        return httpx.post(address, data={"sub": sub}).headers["Location"]
