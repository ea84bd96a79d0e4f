"""Clusters of databases: a minute of faults breaks no promise, web servers on several nodes migrate in turn, and
replicas answer before and after a failover."""

import contextlib
import csv
import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import localdate
from prometheus_client.parser import text_string_to_metric_families

from lab import packages
from lab.bench import servers
from lab.clusters import cluster as clusters
from lab.clusters import galera, patroni
from lab.clusters.cluster import Cluster
from lab.clusters.patroni import Patroni
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


@contextlib.contextmanager
def nodes(name: str) -> Iterator[Cluster]:
    """Three nodes with an empty database."""
    require(name)
    with tempfile.TemporaryDirectory(prefix=f"togo-{name}-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with clusters.running(CLUSTERS[name], Path(folder) / "cluster") as cluster:
            yield cluster


@pytest.fixture
def galera_nodes() -> Iterator[Cluster]:
    with nodes("galera") as cluster:
        yield cluster


@pytest.fixture
def patroni_nodes() -> Iterator[Patroni]:
    with nodes("patroni") as cluster:
        assert isinstance(cluster, Patroni)
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


class Planner:
    """Assigns tasks by a web server, and after each answer looks for all of them in an export."""

    def __init__(self, port: int, *, token: str, user: int, tasks: list[int]) -> None:
        self._port, self._token, self._user, self._tasks = port, token, user, tasks
        self._calls = 0
        self.assigned: set[str] = set()

    def assign_and_look(self) -> bool:
        """Whether a task was assigned, and the export that followed was answered; it must have every assignment."""
        date = localdate() + timedelta(self._calls // len(self._tasks))
        task = self._tasks[self._calls % len(self._tasks)]
        self._calls += 1
        body = {"user": self._user, "task": task, "date": date.isoformat()}
        status, text = self._ask("POST", "/api/users/assignment/", body)
        if status == 201:
            self.assigned.add(str(json.loads(text)["id"]))
        exported, text = self._ask("GET", "/api/users/assignment/export.csv")
        if exported == 200:
            missing = self.assigned - {row["id"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))}
            assert not missing, f"{len(missing)} of {len(self.assigned)} are missing"
        return (status, exported) == (201, 200)

    def replica_reads(self) -> float:
        """How many reads the replicas have answered."""
        status, text = self._ask("GET", "/metrics", token=METRICS_TOKEN)
        assert status == 200, text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        outcomes = {one.labels["outcome"]: one.value for one in samples if one.name == "togo_replica_reads_total"}
        return outcomes.get("replica", 0)

    def is_answered_by_a_replica(self) -> bool:
        before = self.replica_reads()
        return self.assign_and_look() and self.replica_reads() > before

    def _ask(self, method: str, path: str, body: object = None, *, token: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Authorization": f"Bearer {token or self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()


def test_replicas_answer_before_and_after_a_failover_and_never_miss_a_write(patroni_nodes: Patroni) -> None:
    url = patroni_nodes.entries[0]
    assert migrate(url).returncode == 0
    about = json.loads(run_python("-c", MAKE_A_PLANNER, env=environment(url)).stdout)
    more = {"DATABASE_URL": url, "DATABASE_REPLICA_URL": patroni_nodes.replica_entries[0]}
    with servers.togo(**more, TOGO_METRICS_TOKEN=METRICS_TOKEN, TOGO_RATE_LIMIT="off") as port:
        planner = Planner(port, **about)
        wait_until(planner.is_answered_by_a_replica)
        for _ in range(20):
            planner.assign_and_look()

        leader = patroni_nodes.leader()
        assert leader
        leader.kill()
        wait_until(lambda: planner.assign_and_look() and patroni_nodes.leader() not in {None, leader})
        wait_until(planner.is_answered_by_a_replica)
        for _ in range(20):
            planner.assign_and_look()

        # A leader that wakes up believes for a moment that it leads.
        patroni_nodes.mend()
        leader = patroni_nodes.leader()
        assert leader
        leader.freeze()
        wait_until(lambda: planner.assign_and_look() and patroni_nodes.leader() not in {None, leader})
        leader.thaw()
        for _ in range(20):
            planner.assign_and_look()
        patroni_nodes.mend()
        wait_until(planner.is_answered_by_a_replica)

    assert len(planner.assigned) > 60
    assert patroni_nodes.differences() == []


METRICS_TOKEN = "metrics-of-a-test"
MAKE_A_PLANNER = """
import json, django; django.setup()
from rest_framework_simplejwt.tokens import AccessToken
from apps.models import Task, User
planner = User.objects.create(username="planner", password="!", is_taskmaster=True)
person = User.objects.create(username="person", password="!")
tasks = [Task.objects.create(name=f"task {number}").pk for number in range(5)]
print(json.dumps({"token": str(AccessToken.for_user(planner)), "user": person.pk, "tasks": tasks}))
"""


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
