"""Callers who go on while a test does something else."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Self


class Background:
    """Runs `work(*arguments)` in a thread for each of these, until the context ends; `is_over` tells the work so."""

    def __init__(self, work: Callable[..., object], arguments: Sequence[tuple[Any, ...]]) -> None:
        self.is_over = threading.Event()
        self._threads = [threading.Thread(target=work, args=one) for one in arguments]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for thread in self._threads:
            thread.join()
