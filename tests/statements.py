"""Fails a run if a test that is run once, on SQLite, sends a statement that no test sends on every database.

A pytest plugin: `bin/test` gives it to the run on SQLite. So a page or a call needs no test on every database, as long
as tests there send whatever it asks the database.
"""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

_APPS = f"{Path(__file__).resolve().parent.parent / 'apps'}{os.sep}"
# The statements of transactions, and one whose answer Django remembers from test to test.
_OTHERS = re.compile(r'(?:SAVEPOINT|RELEASE|ROLLBACK|BEGIN|PRAGMA)\b|SELECT "django_content_type"')

_sent: dict[pytest.Item, dict[str, bool]] = defaultdict(dict)
_running: list[pytest.Item] = []


def pytest_configure() -> None:
    """Note each statement, whether Django's cursor runs it or passes it by."""
    from django.db.backends.utils import CursorWrapper

    from apps.models import prepared_statements

    for owner, name, place in (
        (CursorWrapper, "_execute", 1),
        (CursorWrapper, "_executemany", 1),
        (prepared_statements, "_with_colons", 0),
    ):
        setattr(owner, name, _noting(getattr(owner, name), place))


def _noting(run: Callable[..., Any], place: int) -> Callable[..., Any]:
    def noting(*given: Any) -> Any:
        if _running and (statement := str(given[place])) not in (sent := _sent[_running[-1]]):
            sent[statement] = _is_togos()
        return run(*given)

    return noting


def _is_togos() -> bool:
    """Whether ToGo sends what is sent now, and not the test itself."""
    frame: FrameType | None = sys._getframe()
    while frame and not frame.f_code.co_filename.startswith(_APPS):
        frame = frame.f_back
    return frame is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What is sent from here on is this test's."""
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Compare, if all tests were run."""
    if not (session.shouldfail or session.shouldstop) and missing(_sent):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name the tests to be marked."""
    for statement, test in missing(_sent).items():
        terminalreporter.write_line(f"Mark {test} every_database, or another test that sends this:\n    {statement}")


def missing(sent: Mapping[Any, Mapping[str, bool]]) -> dict[str, str]:
    """The statements that no test sends on every database, and a test that sends each. `sent` has the statements of
    each test, and whether ToGo sent them."""
    everywhere = {shape(one) for item, its in sent.items() if _runs_everywhere(item) for one in its}
    return {
        shape(one): item.nodeid
        for item, its in sent.items()
        # A test that asks every route as everyone sends variants of what others send, for each role.
        if not _runs_everywhere(item) and "world" not in getattr(item, "fixturenames", ())
        for one, is_togos in its.items()
        if is_togos and shape(one) not in everywhere and not _OTHERS.match(one)
    }


def _runs_everywhere(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("every_database") or not item.get_closest_marker("no_db"))


@cache
def shape(statement: str) -> str:
    """The statement without its numbers, texts and lengths of lists and alternatives."""
    statement = re.sub(r"'[^']*'", "''", statement)
    statement = re.sub(r"\((?:%s(?:, )?)+\)", "(%s)", statement)
    statement = re.sub(r"\(%s\)(?:, \(%s\))+", "(%s)", statement)
    statement = re.sub(r"(?:SELECT %s(?:, %s)* UNION ALL )+", "", statement)
    statement = re.sub(r"(\([^()]*(?:\([^()]*\)[^()]*)*\)|[^ ()]+ = %s)(?: OR \1)+", r"\1", statement)
    return re.sub(r"\b\d+\b", "0", statement)
