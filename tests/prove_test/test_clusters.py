"""Clusters of databases: a minute of faults breaks no promise, and web servers on several nodes migrate in turn."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import packages
from lab.clusters import cluster as clusters
from lab.clusters import galera, patroni
from lab.clusters.cluster import Cluster
from lab.processes import ROOT, run_python, start_program, wait_until
from lab.prove.databases import CLUSTERS

pytestmark = [pytest.mark.slow, pytest.mark.real_time, pytest.mark.no_db]

PACKAGES = {"patroni": patroni.PACKAGES, "galera": galera.PACKAGES}


def require(name: str) -> None:
    if missing := packages.missing(PACKAGES[name]):
        pytest.skip(f"{' '.join(missing)} not installed")


@pytest.mark.parametrize("name", sorted(CLUSTERS))
def test_a_minute_of_faults_breaks_no_promise(name: str, tmp_path: Path) -> None:
    require(name)
    report = tmp_path / "report.md"
    command = [
        sys.executable,
        "-m",
        "lab.prove",
        "--on",
        name,
        "--minutes",
        "1",
        "--seed",
        "1",
        "--report",
        str(report),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "**No limit was broken, and nothing that was acknowledged was lost.**" in report.read_text()
    assert "ToGo wrote again within" in report.read_text()


@pytest.fixture
def galera_nodes() -> Iterator[Cluster]:
    """Three nodes with an empty database."""
    require("galera")
    with tempfile.TemporaryDirectory(prefix="togo-galera-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with clusters.running(CLUSTERS["galera"], Path(folder) / "cluster") as cluster:
            yield cluster


def test_web_servers_on_several_nodes_migrate_one_after_the_other(galera_nodes: Cluster) -> None:
    # Each node would give its own `GET_LOCK` to its own web server, and both would create the tables.
    holder = start_program(
        [sys.executable, "-c", HOLD], cwd=ROOT, env=environment(galera_nodes.entries[0]), start_new_session=True
    )
    wait_until(lambda: holder_of(galera_nodes), what="a process that holds the lock")
    holder.kill()
    holder.wait()
    dead = holder_of(galera_nodes)

    with ThreadPoolExecutor(2) as pool:
        starts = list(pool.map(migrate, galera_nodes.entries))

    assert [(start.returncode, start.stderr) for start in starts] == [(0, "")] * 2
    # The lock of the process that died was taken over, and given back.
    assert dead
    assert holder_of(galera_nodes) is None
    assert galera_nodes.differences() == []


HOLD = """
import time, django; django.setup()
from apps.management import migration_lock
with migration_lock.held():
    time.sleep(600)
"""


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "togo.settings"}


def migrate(url: str) -> "subprocess.CompletedProcess[str]":
    return run_python("manage.py", "migrate_under_lock", "-v", "0", env=environment(url), seconds=300)


def holder_of(cluster: Cluster) -> str | None:
    """Who holds the lock, or None."""
    import pymysql

    node = pymysql.connect(host=cluster.nodes[2].client, user="togo", database="togo")
    with node, node.cursor() as cursor:
        try:
            cursor.execute("SELECT owner FROM togo_migration_lock")
        except pymysql.ProgrammingError:
            return None  # There is no table yet.
        row = cursor.fetchone()
        return str(row[0]) if row else None
