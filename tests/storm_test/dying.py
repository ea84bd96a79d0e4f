"""ToGo in place of `togo.wsgi`, but it dies during a call if the caller asks for it.

It kills its own process as `kill -9` does: nothing is closed, rolled back or sent.
"""

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from togo.wsgi import application as togo

# The caller says in this header when to die.
HEADER = "X-Die"
BEFORE_COMMIT, BEFORE_ANSWER = "before the commit", "before the answer"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as ToGo does, or die after the last write, or after the commit when the answer is ready."""
    when = environ.get("HTTP_X_DIE")
    if when == BEFORE_COMMIT:
        with connection.execute_wrapper(_die_after_the_last_statement):
            return togo(environ, start_response)
    answer = togo(environ, start_response)
    if when == BEFORE_ANSWER:
        _die()
    return answer


def _die_after_the_last_statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """The last statement before the commit stores the answer."""
    result = execute(sql, params, many, context)
    if sql.startswith("UPDATE") and "idempotencykey" in sql:
        _die()
    return result


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
