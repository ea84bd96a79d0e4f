"""The storms on a PostgreSQL whose days and assignments are partitioned by person."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from lab.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.real_time, pytest.mark.django_db]

STORMS = ["one_day", "mixed", "moves", "efforts", "waiting", "new_day"]


def test_races_moves_and_mixed_storms_keep_the_limits_on_partitions() -> None:
    """Each storm also counts every day with `check_limits`, and compares the rows with the history."""
    if connection.vendor != "postgresql":
        pytest.skip("the other databases have no such partitions")
    folder = connection.settings_dict["OPTIONS"]["host"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.storm_test.partitions", "-p", "no:cacheprovider"),
            *(f"tests/storm_test/test_{name}.py" for name in STORMS),
        ],
        cwd=ROOT,
        # The tests make `test_partitioned` there, beside the database of this test.
        env={**os.environ, "DATABASE_URL": f"postgres://postgres@/partitioned?host={folder}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )

    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout
    assert "failed" not in done.stdout
