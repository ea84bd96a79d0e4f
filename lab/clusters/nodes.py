"""A node of a cluster: the programs of one machine, which fail together."""

import contextlib
import os
import pwd
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.clusters.network import Network
from lab.prove.parts import Part


class Node:
    """A machine. All its programs run in its `folder`, by which they are found when it dies or freezes."""

    def __init__(self, number: int, folder: Path, network: Network, *, user: str) -> None:
        self.number, self.folder, self.network = number, folder, network
        self.name = f"n{number}"
        # The servers of databases refuse to run as root.
        self.user = user if os.geteuid() == 0 else ""
        self.peer, self.client = network.peer_address(number), network.client_address(number)
        self.parts: list[Part] = []
        # Called before the parts start, such as to find out how far the node had come.
        self.before_start: Callable[[], None] = lambda: None
        folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            _give(folder, self.user)

    def command(self, *command: str) -> list[str]:
        """A command as it runs on this node, as the node's own user."""
        become = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if self.user else []
        return [*self.network.inside(self.number), *become, *command]

    def add(self, name: str, command: Sequence[str], **env: str) -> Part:
        """Add a program, which `start` starts after the ones before it."""
        log = self.folder / f"{name}.log"
        part = Part(name, self.command(*command), env={**os.environ, **env}, cwd=self.folder, log=log)
        self.parts.append(part)
        return part

    def give(self, path: Path) -> None:
        """Make the node's user the owner of a file."""
        if self.user:
            _give(path, self.user)

    def start(self) -> None:
        """Start the parts that don't run."""
        self.before_start()
        for part in self.parts:
            if not part.runs():
                part.start()

    def kill(self) -> None:
        """Kill everything at once, as when the power fails."""
        while pids := self.processes():
            _signal(pids, signal.SIGKILL)
            for part in self.parts:
                part.runs()
            time.sleep(0.02)

    def freeze(self) -> None:
        """Stop everything, as when a virtual machine is paused: connections stay open, and nobody answers."""
        for _ in range(2):
            _signal(self.processes(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo `freeze`."""
        _signal(self.processes(), signal.SIGCONT)

    def cut(self, *, clients: bool = False) -> None:
        """Cut it off from the other nodes, and with `clients` from everybody."""
        self.network.cut(self.number, clients=clients)

    def join(self) -> None:
        """Undo `cut`."""
        self.network.join(self.number)

    def processes(self) -> list[int]:
        """The ids of all processes that run on this node."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink().is_relative_to(self.folder):
                    found.append(int(entry.name))
        return [pid for pid in found if pid != os.getpid() and not _is_dead(pid)]


def _is_dead(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _give(path: Path, user: str) -> None:
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)
