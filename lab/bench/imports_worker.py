"""Imports the rows of an import: `python -m lab.bench.imports_worker ID`.

It prints the seconds that this took, and the most megabytes that the process held.
"""

import json
import sys
import time

import django

from lab.bench import memory


def main() -> None:
    """Import block after block, as the job does."""
    django.setup()
    from apps.services.imports import blocks

    began = time.perf_counter()
    while blocks.do_next_block(int(sys.argv[1])):
        pass
    seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": memory.most()}))


if __name__ == "__main__":
    main()
