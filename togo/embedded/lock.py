"""One ToGo for one TOGO_HOME."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from togo.embedded.signals import Pause

# What a killed supervisor left behind is given so long to end.
_PATIENCE = 15.0


@contextlib.contextmanager
def only_one(home: Path, pause: Pause) -> Iterator[int]:
    """Hold this TOGO_HOME. Exits with a message where another ToGo holds it.

    Gives a file descriptor for the children to inherit: as long as one of them has it open there is no second start,
    even when the supervisor was killed.
    """
    with (home / "lock").open("a+") as own, (home / "children.lock").open("a") as shared:
        if not _take(own):
            pid = Path(own.name).read_text().strip()
            raise SystemExit(
                f"ToGo runs already on TOGO_HOME={home} (process {pid}): stop it first, or set another TOGO_HOME."
            )
        own.truncate(0)
        own.write(str(os.getpid()))
        own.flush()
        end = time.monotonic() + _PATIENCE
        while not _take(shared):
            if time.monotonic() > end:
                raise SystemExit(
                    f"A start on TOGO_HOME={home} was killed, and some of it is still running: "
                    f"end the processes that `fuser {shared.name}` names."
                )
            pause(0.2)
        yield shared.fileno()


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
