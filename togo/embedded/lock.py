"""The lock that lets only one ToGo run on a TOGO_HOME."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from togo.embedded.signals import Pause

# How long to wait until the children of a killed supervisor have ended, in seconds.
_CHILDREN_TIMEOUT = 15.0


@contextlib.contextmanager
def only_one(home: Path, pause: Pause) -> Iterator[int]:
    """Lock this TOGO_HOME. Exits with a message if another ToGo has locked it.

    Yields a file descriptor for the children to inherit: as long as one of them has it open, no other ToGo starts, even
    if the supervisor was killed.
    """
    with (home / "lock").open("a+") as own, (home / "children.lock").open("a") as shared:
        if not _take(own):
            pid = Path(own.name).read_text().strip()
            raise SystemExit(
                f"ToGo already runs on TOGO_HOME={home} (process {pid}): stop it first, or set another TOGO_HOME."
            )
        own.truncate(0)
        own.write(str(os.getpid()))
        own.flush()
        end = time.monotonic() + _CHILDREN_TIMEOUT
        while not _take(shared):
            if time.monotonic() > end:
                raise SystemExit(
                    f"A ToGo on TOGO_HOME={home} was killed, and some of its processes are still running: "
                    f"end the processes that `fuser {shared.name}` lists."
                )
            pause(0.2)
        yield shared.fileno()


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
