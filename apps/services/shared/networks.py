"""Decides which addresses ToGo calls for others: public ones, and those in the networks that its operator allows.

It needs no Django: the process that speaks to channels uses it, too.
"""

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The setting that allows further networks.
SETTING = "TOGO_WEBHOOK_ALLOW"
# Networks that are not public, in addition to those that this Python knows: its list grows from version to version.
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        # The metadata service of Azure, which answers with secrets of the machine that asks.
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        # Among them Teredo and 6to4, which lead to IPv4 addresses by ways that are gone.
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
]
# IPv6 addresses that stand for an IPv4 address: the last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")


def is_allowed(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether ToGo calls this address. `allowed` are networks beside the public ones."""
    inner = _meant(address)
    if any(one in network for network in allowed for one in (address, inner)):
        return True
    if inner.version == 6 and inner not in _PUBLIC_IPV6:
        return False
    return inner.is_global and not inner.is_multicast and not any(inner in network for network in _NOT_PUBLIC)


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for; any other address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    stands_for_ipv4 = address in _NAT64 or (address in _COMPATIBLE and int(address) > 1)
    return IPv4Address(int(address) & 0xFFFF_FFFF) if stands_for_ipv4 else address
