"""What the proof needs of a cluster, whichever it is."""

import abc
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.clusters.network import Network
from lab.clusters.nodes import Node
from lab.processes import wait_until

SIZE = 3
# After how many seconds a node that has not found back counts as stuck.
STUCK = 60


class Cluster(abc.ABC):
    """Three nodes, and `entries`: the URLs by which two parts of ToGo use them, each in another way."""

    name: str
    entries: list[str]

    def __init__(self, folder: Path, *, user: str) -> None:
        self.folder = folder
        folder.mkdir()
        # The nodes' own users must be able to reach their files below, whatever the umask is.
        folder.chmod(0o711)
        self.network = Network(SIZE)
        self.nodes = [Node(number, folder / f"n{number}", self.network, user=user) for number in range(1, SIZE + 1)]

    @abc.abstractmethod
    def start(self) -> None:
        """Start it for the first time, and wait until it is whole."""

    @abc.abstractmethod
    def leader(self) -> Node | None:
        """The node that takes writes; where all do, any that is in the cluster."""

    @abc.abstractmethod
    def is_whole(self) -> bool:
        """Whether every node is there and follows."""

    @abc.abstractmethod
    def is_equal(self) -> bool:
        """Whether every node has what the others have. Only meaningful while nobody writes."""

    @abc.abstractmethod
    def checksums(self, node: Node) -> dict[str, str]:
        """The number of rows and a checksum of each of ToGo's tables on a node."""

    @abc.abstractmethod
    def write(self, entry: int) -> None:
        """Write a row that isn't ToGo's through an entry, on a new connection, within a second; or raise an error."""

    @abc.abstractmethod
    def restart_politely(self, node: Node) -> None:
        """Stop and start a node as an operator does who has time."""

    def renew_stuck_nodes(self) -> None:  # noqa: B027 - not every cluster needs it
        """Let the nodes that don't find back by themselves copy everything, as an operator does."""

    def mend(self, *, seconds: float = 300) -> None:
        """Undo whatever was done to the nodes, and wait until the cluster is whole."""
        began = time.monotonic()
        for node in self.nodes:
            node.thaw()
            if self.network.cuts:
                node.join()

        def whole() -> bool:
            # The nodes need the processors themselves.
            time.sleep(0.5)
            if time.monotonic() - began > STUCK:
                self.renew_stuck_nodes()
            for node in self.nodes:
                if not all(part.runs() for part in node.parts):
                    node.start()
            return self.is_whole()

        wait_until(whole, seconds=seconds, what=f"the cluster {self.name} to be whole")

    def wait_until_writable(self, *, seconds: float = 60) -> None:
        """Wait until writes succeed through all entries."""
        for entry in range(len(self.entries)):
            wait_until(lambda entry=entry: self.can_write(entry), seconds=seconds, what="writes")  # type: ignore[misc]

    def can_write(self, entry: int) -> bool:
        """Whether a write succeeds through that entry."""
        with contextlib.suppress(Exception):
            self.write(entry)
            return True
        return False

    def differences(self) -> list[str]:
        """The tables that aren't equal on all nodes, once every node has caught up. Nobody may write meanwhile."""
        wait_until(self.is_equal, what="all nodes to have caught up")
        first, *others = self.nodes
        expected = self.checksums(first)
        found = []
        for node in others:
            got = self.checksums(node)
            found += [
                f"{table}: {expected.get(table)} on {first.name}, {got.get(table)} on {node.name}"
                for table in sorted(set(expected) | set(got))
                if expected.get(table) != got.get(table)
            ]
        return found

    def stop(self) -> None:
        """End everything, and remove the network."""
        for node in self.nodes:
            node.thaw()
            node.kill()
        self.network.remove()


@contextlib.contextmanager
def running(make: Callable[[Path], Cluster], folder: Path) -> Iterator[Cluster]:
    """Start a cluster in a folder, and stop it afterwards."""
    cluster = make(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def seconds_until(condition: Callable[[], object], *, seconds: float = 60) -> float:
    """How long it takes until the condition is true."""
    began = time.monotonic()
    wait_until(condition, seconds=seconds)
    return time.monotonic() - began
