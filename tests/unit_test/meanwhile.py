"""Runs another caller's change at the worst moment, on the test's own connection, without threads or chance."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection


@contextlib.contextmanager
def meanwhile(
    command: str | tuple[str, ...], action: Callable[[], Any], *, table: str = "", always: bool = False
) -> Iterator[None]:
    """Run `action` before the first statement that begins with `command`, or one of them, and names `table`, or before
    each of them."""
    waiting = True

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal waiting
        if waiting and sql.lstrip().startswith(command) and table in sql:
            waiting = False
            action()
            waiting = always
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
    assert not waiting or always, f"no statement began with {command}"
