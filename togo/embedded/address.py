"""Where ToGo listens, and by which names it is reached."""

import errno
import ipaddress
import os
import socket


def resolve(host: str) -> str:
    """The IP address to listen on. Exits with a message where the name means nothing."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SystemExit(f"--host {host}: no such address ({getattr(error, 'strerror', None) or error}).") from None
    # localhost is often both; what people and their tools try first is 127.0.0.1.
    first = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return str(first[4][0])


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(address).is_loopback


def is_everywhere(address: str) -> bool:
    """Whether it stands for all addresses of this machine."""
    return ipaddress.ip_address(address).is_unspecified


def require_free(address: str, port: int) -> None:
    """Exit with a message where the port can't be listened on.

    The web server itself would share it: it asks for SO_REUSEPORT, and then each gets some of the calls.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SystemExit(f"Port {port} is in use: stop what listens there, or choose another --port.") from None
            reason = os.strerror(error.errno or 0)
            raise SystemExit(f"ToGo can't listen on {address}, port {port}: {reason}.") from None


def reached_at(host: str, address: str, port: int) -> str:
    """The URL to show: of what was given, or of this machine where that is everywhere."""
    if is_everywhere(address):
        host = socket.gethostname()
    return f"http://{bracketed(host)}:{port}"


def called_at(address: str) -> str:
    """The address by which this machine itself calls what listens on `address`."""
    if is_everywhere(address):
        return "::1" if ":" in address else "127.0.0.1"
    return address


def names(host: str, address: str) -> list[str]:
    """What a browser on this machine or beside it may call ToGo."""
    own = [] if is_everywhere(address) else [host, address]
    return [
        *dict.fromkeys(
            bracketed(name.lower())
            for name in ("localhost", "127.0.0.1", "::1", *own, socket.gethostname(), socket.getfqdn(), *_outward())
            if name
        )
    ]


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _outward() -> list[str]:
    """The address that others on the network see; nothing is sent to find it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # Kept free for documentation.
            return [str(probe.getsockname()[0])]
    except OSError:
        return []
