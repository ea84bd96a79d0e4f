"""Keeps a process from what Apprise's services could be talked into: every connection and every file is checked.

Python tells its audit hooks of each of them, whichever library asks for it, and they can't be taken away again.
"""

import ipaddress
import os
import ssl
import sys
from collections.abc import Sequence
from contextvars import ContextVar

from apps.services.shared.networks import Network, is_allowed

# The addresses that were refused while the present message is sent.
refused: ContextVar[list[str]] = ContextVar("refused")
_CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_CHANGING = {
    "os.chmod",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.system",
    "os.truncate",
    "sqlite3.connect",
    "subprocess.Popen",
}


class Refused(PermissionError):
    """The process may not do this."""


def stand_guard(allowed: Sequence[Network]) -> None:
    """From here on, let this process connect to public addresses and `allowed` networks only, read no files but those
    of Python and of certificates, change none, and start no program."""
    readable = _readable_folders()

    def check(event: str, arguments: tuple[object, ...]) -> None:
        if event in _CONNECTING:
            _check_address(arguments[1], allowed)
        elif event == "open":
            _check_file(arguments, readable)
        elif event in _CHANGING:
            raise Refused(f"{event} is not allowed here")

    sys.addaudithook(check)


def require_allowed(text: str, allowed: Sequence[Network]) -> None:
    """Raise `Refused`, and remember the address, if ToGo doesn't call it."""
    if not is_allowed(ipaddress.ip_address(text), allowed):
        refused.get([]).append(text)
        raise Refused(f"{text} is not a public address")


def _check_address(address: object, allowed: Sequence[Network]) -> None:
    if address is None:  # The socket is connected already.
        return
    # A name would be looked up after this check, and a path leads to a socket of this machine.
    if not (isinstance(address, tuple) and isinstance(address[0], str)):
        raise Refused("only addresses of the internet are called")
    try:
        require_allowed(address[0], allowed)
    except ValueError:
        raise Refused("only addresses of the internet are called") from None


def _check_file(arguments: tuple[object, ...], readable: Sequence[str]) -> None:
    file, _, flags = arguments
    if isinstance(file, int):
        return
    path = os.path.realpath(os.fsdecode(file))  # type: ignore[arg-type]
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if path != os.devnull and (writes or not path.startswith(tuple(readable))):
        raise Refused(f"{path} is not for channels")


def _readable_folders() -> list[str]:
    """Python with its packages, and the certificates."""
    paths = ssl.get_default_verify_paths()
    certificates = [paths.cafile, paths.capath, paths.openssl_capath, os.environ.get("REQUESTS_CA_BUNDLE")]
    folders = [sys.prefix, sys.base_prefix, *filter(None, certificates)]
    return [os.path.realpath(folder) for folder in folders]
