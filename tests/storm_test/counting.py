"""A process that calls as fast as it can in four threads: `python -m tests.storm_test.counting FILE CALLS TRIES`.

Prints how many of its calls were let through, with the clock stopped. With `unguarded` it takes no locks.
"""

import contextlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

from apps.services.shared import rate_limits

THREADS = 4
NOW = 5_000_000_000_000


def main(file: str, calls: str, tries: str, guard: str) -> None:
    counter = rate_limits.Counter(Path(file), int(calls), 3600)

    def let_through(_: int) -> int:
        return sum(counter.wait("alice", lambda: NOW) == 0 for _ in range(int(tries)))

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(THREADS) as pool:
        if guard == "unguarded":
            stack.enter_context(patch.object(rate_limits.fcntl, "lockf"))
        print("ready", flush=True)  # noqa: T201
        sys.stdin.readline()  # Wait until all processes are ready.
        print(sum(pool.map(let_through, range(THREADS))))  # noqa: T201


if __name__ == "__main__":
    import os

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "togo.settings"
    django.setup()
    main(*sys.argv[1:])
