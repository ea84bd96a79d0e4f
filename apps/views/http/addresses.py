"""Finds the address of the caller, also behind proxies."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The address of the caller; for IPv6 its network of 64 bits, which belongs to one caller. Empty if unknown.

    Reads `X-Forwarded-For` from its end, and only as far as the proxies in `TOGO_TRUSTED_PROXIES` wrote it: anyone may
    have sent the entries before.
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while hops and address is not None and any(address in network for network in settings.TOGO_TRUSTED_PROXIES):
        before = _parsed(hops.pop())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address or "")


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
