"""Where a request comes from."""

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import RequestFactory

from apps.views.http.addresses import address_of


@pytest.mark.parametrize(
    ("connected", "forwarded", "address"),
    [
        # No trusted proxy: anyone may have sent the header.
        ("203.0.113.5", None, "203.0.113.5"),
        ("203.0.113.5", "198.51.100.7", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.7, 10.0.0.1", "203.0.113.5"),
        # One proxy, and two; entries that the caller sent come before theirs.
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("::1", "198.51.100.7", "198.51.100.7"),
        # A proxy that sends no header, or one that can't be read.
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, \x00, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # A caller has a /64 network of IPv6, and IPv4 may be written as IPv6.
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", None, "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        # A Unix socket.
        ("", "198.51.100.7", ""),
    ],
)
def test_the_address_is_the_last_one_that_a_trusted_host_wrote(
    settings: Any, connected: str, forwarded: str | None, address: str
) -> None:
    settings.TOGO_TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1")]
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}

    assert address_of(RequestFactory().get("/", REMOTE_ADDR=connected, **headers)) == address
