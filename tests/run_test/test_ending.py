"""bin/run is asked to stop while a call waits."""

import contextlib
import signal
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lab.processes import PATIENCE
from tests.run_test.togos import left_of, start

pytestmark = pytest.mark.real_time


def test_a_call_in_flight_is_answered_before_everything_ends(tmp_path: Path) -> None:
    answers: list[tuple[int, Any]] = []
    with start(tmp_path / "home") as togo:
        token, started = togo.token("a", "1"), togo.started()
        body = {"task": 1, "user": 2, "date": "2022-06-23"}
        caller = threading.Thread(
            target=lambda: answers.append(togo.call("POST", "/api/users/assignment/", body, token))
        )
        database = sqlite3.connect(togo.home / "togo.sqlite3", isolation_level=None)
        with contextlib.closing(database):
            database.execute("BEGIN IMMEDIATE")
            caller.start()
            time.sleep(1)
            togo.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert answers == []
            database.execute("ROLLBACK")
        caller.join(PATIENCE)

        assert [status for status, _ in answers] == [201]
        assert togo.process.wait(PATIENCE) == 0
        assert left_of(started) == []
        with contextlib.closing(sqlite3.connect(togo.home / "togo.sqlite3")) as database:
            assert database.execute("SELECT task_id FROM togo_assignment").fetchall() == [(1,)]
