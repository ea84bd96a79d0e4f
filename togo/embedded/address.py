"""The addresses that ToGo listens on, and the names that browsers may call it by."""

import errno
import ipaddress
import os
import socket


def resolve(host: str) -> str:
    """The IP address to listen on. Exits with a message if the name has no address."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SystemExit(f"--host {host}: no such address ({getattr(error, 'strerror', None) or error}).") from None
    # localhost often has an IPv6 address too, but people and their tools try 127.0.0.1 first.
    first = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return str(first[4][0])


def is_loopback(address: str) -> bool:
    """Whether only this machine can connect to the address."""
    return ipaddress.ip_address(address).is_loopback


def is_everywhere(address: str) -> bool:
    """Whether the address stands for all addresses of this machine."""
    return ipaddress.ip_address(address).is_unspecified


def require_free(address: str, port: int) -> None:
    """Exit with a message if ToGo can't listen on the port.

    The web server itself wouldn't notice: it sets SO_REUSEPORT, so two servers would each get some of the calls.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SystemExit(
                    f"Port {port} is in use: stop the program that listens on it, or choose another --port."
                ) from None
            reason = os.strerror(error.errno or 0)
            raise SystemExit(f"ToGo can't listen on {address}, port {port}: {reason}.") from None


def shown_url(host: str, address: str, port: int) -> str:
    """The URL in the welcome message: with the given host, or this machine's name if ToGo listens on all addresses."""
    if is_everywhere(address):
        host = socket.gethostname()
    return f"http://{bracketed(host)}:{port}"


def local_address(address: str) -> str:
    """The address at which this machine calls a server that listens on `address`."""
    if is_everywhere(address):
        return "::1" if ":" in address else "127.0.0.1"
    return address


def host_names(host: str, address: str) -> list[str]:
    """The host names and addresses by which browsers on this machine or its network may call ToGo."""
    own = [] if is_everywhere(address) else [host, address]
    return [
        *dict.fromkeys(
            bracketed(name.lower())
            for name in (
                "localhost",
                "127.0.0.1",
                "::1",
                *own,
                socket.gethostname(),
                socket.getfqdn(),
                *_network_address(),
            )
            if name
        )
    ]


def bracketed(host: str) -> str:
    """The host as it is written in a URL."""
    return f"[{host}]" if ":" in host else host


def _network_address() -> list[str]:
    """This machine's address on its network, if it has one; nothing is sent to find it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # An address reserved for documentation.
            return [str(probe.getsockname()[0])]
    except OSError:
        return []
