"""Addresses for the nodes of a cluster on this machine, and cables that can be pulled out.

As root on Linux each node gets a network namespace with two interfaces: one to the other nodes, and one to the clients
of the cluster. So a node that is cut off from the others still answers its clients, which is worse than a dead one.
Elsewhere the nodes have loopback addresses, and nothing can be cut.
"""

import contextlib
import os
import random
import shutil
import subprocess
from collections.abc import Sequence


class Network:
    """The addresses of `size` nodes, which are numbered from 1."""

    def __init__(self, size: int) -> None:
        self._size = size
        chance = random.SystemRandom()
        self._token = f"tg{chance.randrange(16**5):05x}"
        self._net = f"{chance.randrange(64, 250)}.{chance.randrange(2, 250)}"
        self.cuts = may_cut()
        if self.cuts:
            self._lay_cables()

    def peer_address(self, node: int) -> str:
        """The address at which the other nodes reach a node."""
        return f"10.{self._net}.{node}" if self.cuts else f"127.{self._net}.{node}"

    def client_address(self, node: int) -> str:
        """The address at which clients reach a node."""
        first, second = self._net.split(".")
        return f"10.{first}.{int(second) + 1}.{node}" if self.cuts else self.peer_address(node)

    def inside(self, node: int) -> list[str]:
        """What begins the command of a program that runs on a node."""
        return ["nsenter", f"--net=/run/netns/{self._token}{node}"] if self.cuts else []

    def cut(self, node: int, *, clients: bool = False) -> None:
        """Cut a node off from the other nodes, and with `clients` from everybody: packets vanish on the way."""
        self._switch(node, "down", clients=clients)

    def join(self, node: int) -> None:
        """Undo `cut`."""
        self._switch(node, "up", clients=True)

    def remove(self) -> None:
        """Remove the namespaces and the bridges."""
        if not self.cuts:
            return
        for node in range(1, self._size + 1):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", f"{self._token}{node}")
        for side in "pc":
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("link", "delete", f"{self._token}{side}")

    def _lay_cables(self) -> None:
        for side in "pc":
            _ip("link", "add", "name", f"{self._token}{side}", "type", "bridge")
            _ip("link", "set", f"{self._token}{side}", "up")
        first, second = self._net.split(".")
        _ip("address", "add", f"10.{first}.{int(second) + 1}.254/24", "dev", f"{self._token}c")
        for node in range(1, self._size + 1):
            name = f"{self._token}{node}"
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
            for side, address in (("p", self.peer_address(node)), ("c", self.client_address(node))):
                outer, inner = f"{name}{side}", f"{side}{node}"
                _ip("link", "add", "name", outer, "type", "veth", "peer", "name", inner, "netns", name)
                _ip("link", "set", outer, "master", f"{self._token}{side}", "up")
                _ip("-n", name, "address", "add", f"{address}/24", "dev", inner)
                _ip("-n", name, "link", "set", inner, "up")

    def _switch(self, node: int, state: str, *, clients: bool) -> None:
        for side in "pc" if clients else "p":
            _ip("link", "set", f"{self._token}{node}{side}", state)


def may_cut() -> bool:
    """Whether this process may make network namespaces: tried, because containers often forbid it even to root."""
    if os.geteuid() != 0 or not (shutil.which("ip") and shutil.which("nsenter")):
        return False
    name = f"tgtry{os.getpid()}"
    try:
        _ip("netns", "add", name)
        try:
            _ip("-n", name, "link", "add", "name", "one", "type", "veth", "peer", "name", "two")
        finally:
            _ip("netns", "delete", name)
    except subprocess.CalledProcessError:
        return False
    return True


def _ip(*arguments: str) -> None:
    command: Sequence[str] = ["ip", *arguments]
    subprocess.run(command, check=True, capture_output=True)
