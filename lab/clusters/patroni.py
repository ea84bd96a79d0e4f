"""Three nodes with PostgreSQL, Patroni and etcd, synchronous, and two HAProxies in front that follow the leader."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from lab import packages
from lab.clusters.cluster import Cluster
from lab.clusters.nodes import Node
from lab.processes import ROOT, free_port, wait_until
from lab.prove.parts import Part

PACKAGES = {
    "etcd-server": "etcd",
    "haproxy": "haproxy",
    "patroni": "patroni",
    "postgresql": "pg_ctlcluster",
    "iproute2": "ip",
}
_CONFIGURATION = ROOT / "docs" / "operations" / "clusters"
_WRITE = "UPDATE written SET times = times + 1 WHERE entry = {}"
_ETCD, _ETCD_PEERS, _REST, _POSTGRESQL = 2379, 2380, 8008, 5432


class Patroni(Cluster):
    """Writes are acknowledged once a second node has them (`synchronous_mode_strict`)."""

    name = "patroni"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, user="postgres")
        self._ports, self._replica_ports = [free_port(), free_port()], [free_port(), free_port()]
        self._program = folder / "patroni"
        self.entries = [f"postgres://postgres@127.0.0.1:{port}/togo" for port in self._ports]
        # Each entry's way to the nodes that follow the leader, one after the other.
        self.replica_entries = [f"postgres://postgres@127.0.0.1:{port}/togo" for port in self._replica_ports]
        self.proxies: list[Part] = []
        # The nodes that had to copy everything since the last mend.
        self.renewed: list[int] = []
        for node in self.nodes:
            self._add_etcd(node)
            self._add_patroni(node)

    def agent(self, node: Node) -> Part:
        """The Patroni of a node. PostgreSQL goes on when only Patroni is killed."""
        return node.parts[1]

    def url(self, node: Node) -> str:
        """The URL of a node's own PostgreSQL."""
        return f"postgres://postgres@{node.client}:{_POSTGRESQL}/togo"

    def start(self) -> None:
        """Install Patroni, start the nodes, make the database, and start the proxies."""
        self._install()
        for node in self.nodes:
            node.start()
        wait_until(self.is_whole, what="the replicas")
        leader = wait_until(self.leader, what="a leader")
        self._ask(leader, "CREATE DATABASE togo", database="postgres")
        self._ask(leader, "CREATE TABLE written (entry int PRIMARY KEY, times int NOT NULL)")
        self._ask(leader, "INSERT INTO written VALUES (0, 0), (1, 0)")
        for number in range(len(self.entries)):
            self.proxies.append(self._proxy(number))
            self.proxies[number].start()
        self.wait_until_writable()

    def stop(self) -> None:
        """End everything."""
        for proxy in self.proxies:
            proxy.stop()
        super().stop()

    def leader(self) -> Node | None:
        """The node whose Patroni says that it leads."""
        return next((node for node in self.nodes if _status(node, "/primary") == http.HTTPStatus.OK), None)

    def is_whole(self) -> bool:
        """Whether there is one leader, and all others stream from it, one of them synchronously."""
        if not (leader := self.leader()):
            return False
        try:
            statement = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
            rows = self._ask(leader, statement, database="postgres")
            members = json.loads(_get(leader, "/cluster")[1])["members"]
        except Exception:
            return False
        states = [member["state"] for member in members]
        return (
            len(rows) == len(self.nodes) - 1
            and ("sync",) in rows
            and len(states) == len(self.nodes)
            # Before Patroni has noted that in etcd, nobody may take over.
            and any(member["role"] == "sync_standby" for member in members)
            and all(state in {"running", "streaming"} for state in states)
            and all(_status(node, "/health") == http.HTTPStatus.OK for node in self.nodes)
        )

    def mend(self, *, seconds: float = 300) -> None:
        """As always; each stuck node is renewed once."""
        self.renewed.clear()
        super().mend(seconds=seconds)

    def renew_stuck_nodes(self) -> None:
        """Reinitialize the replicas that don't stream."""
        if not (leader := self.leader()):
            return
        statement = "SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'"
        with contextlib.suppress(Exception):
            streaming = {row[0] for row in self._ask(leader, statement, database="postgres")}
            for node in self.nodes:
                if node is not leader and node.name not in streaming and node.number not in self.renewed:
                    self.renewed.append(node.number)
                    _get(node, "/reinitialize", json.dumps({"force": True}))

    def is_equal(self) -> bool:
        """Whether all replicas have replayed what the leader has written."""
        if not (leader := self.leader()):
            return False
        ((end,),) = self._ask(leader, "SELECT pg_current_wal_flush_lsn() - '0/0'")
        return all(
            self._ask(node, "SELECT pg_last_wal_replay_lsn() - '0/0'")[0][0] >= end
            for node in self.nodes
            if node is not leader
        )

    def checksums(self, node: Node) -> dict[str, str]:
        """The number of rows of each table, and the sum of the rows' hashes."""
        tables = self._ask(node, "SELECT relname FROM pg_stat_user_tables ORDER BY 1")
        checksum = "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM \"{}\" t"
        return {table: str(self._ask(node, checksum.format(table))[0][0]) for (table,) in tables}

    def write(self, entry: int) -> None:
        """Count up a row."""
        _ask(self.entries[entry], _WRITE.format(entry), seconds=1)

    def restart_politely(self, node: Node) -> None:
        """Hand the lead over if the node has it, then stop and start the node."""
        if node is self.leader():
            # Where Patroni refuses that, the node gives its lead up when it stops.
            with contextlib.suppress(AssertionError):
                self.switch_over()
        # Patroni stops PostgreSQL before it ends.
        agent, etcd = node.parts[1], node.parts[0]
        agent.stop(30)
        etcd.stop(10)
        node.start()

    def switch_over(self) -> None:
        """Let Patroni hand the lead over to the synchronous replica."""
        leader = wait_until(self.leader, what="a leader")
        _get(leader, "/switchover", json.dumps({"leader": leader.name}))
        wait_until(lambda: self.leader() not in (None, leader), what="another leader")

    def _ask(self, node: Node, statement: str, *, database: str = "togo") -> list[tuple[Any, ...]]:
        return _ask(f"postgres://postgres@{node.client}:{_POSTGRESQL}/{database}", statement, seconds=20)

    def _install(self) -> None:
        """Put the Patroni of the compose file where Debian's Python finds it before Debian's own."""
        options = ["--quiet", "--no-deps", "--require-hashes", "--target", str(self._program)]
        command = [sys.executable, "-m", "pip", "install", *options, "-r", str(_CONFIGURATION / "patroni.txt")]
        # The nodes' user must be able to read it, whatever the umask is.
        subprocess.run(command, check=True, umask=0o022)

    def _add_etcd(self, node: Node) -> None:
        peers = ",".join(f"{one.name}=http://{one.peer}:{_ETCD_PEERS}" for one in self.nodes)
        node.add(
            "etcd",
            [
                *(packages.find("etcd") or "etcd", "--name", node.name, "--data-dir", str(node.folder / "etcd")),
                *("--listen-peer-urls", f"http://{node.peer}:{_ETCD_PEERS}"),
                *("--initial-advertise-peer-urls", f"http://{node.peer}:{_ETCD_PEERS}"),
                *("--listen-client-urls", f"http://{node.peer}:{_ETCD}"),
                *("--advertise-client-urls", f"http://{node.peer}:{_ETCD}"),
                *("--initial-cluster", peers, "--initial-cluster-token", self.folder.name, "--log-level", "warn"),
                # Two processors do everything here: a busy member must not count as a dead one.
                *("--heartbeat-interval", "200", "--election-timeout", "2000", "--initial-cluster-state", "new"),
            ],
        )

    def _add_patroni(self, node: Node) -> None:
        trust = ["local all all trust", "host all all 0.0.0.0/0 trust", "host replication all 0.0.0.0/0 trust"]
        listen = ",".join(sorted({node.peer, node.client}))
        # A copy, because the node's user may not read the checkout.
        script = node.folder / "pre_promote.sh"
        shutil.copy(_CONFIGURATION / script.name, script)
        node.give(script)
        login = {"username": "postgres", "password": "none"}
        shipped = yaml.safe_load((_CONFIGURATION / "patroni.yml").read_text())["bootstrap"]["dcs"]
        shipped["postgresql"]["pg_hba"] = trust
        shipped["postgresql"]["parameters"]["shared_buffers"] = "64MB"
        settings = {
            "scope": "togo",
            "name": node.name,
            "restapi": {"listen": f"{node.client}:{_REST}", "connect_address": f"{node.client}:{_REST}"},
            "etcd3": {"hosts": [f"{one.peer}:{_ETCD}" for one in self.nodes]},
            "bootstrap": {
                "dcs": shipped,
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
                "pg_hba": trust,
            },
            "postgresql": {
                "listen": f"{listen}:{_POSTGRESQL}",
                "connect_address": f"{node.peer}:{_POSTGRESQL}",
                "data_dir": str(node.folder / "data"),
                "bin_dir": str(_programs()),
                "pgpass": str(node.folder / "pgpass"),
                "pre_promote": str(script),
                "authentication": {"superuser": login, "replication": login, "rewind": login},
                "parameters": {"unix_socket_directories": str(node.folder)},
            },
        }
        file = node.folder / "patroni.yml"
        file.write_text(yaml.safe_dump(settings))
        node.give(file)
        node.add(
            "patroni",
            ["/usr/bin/python3", "-m", "patroni", str(file)],
            PATH="/usr/sbin:/usr/bin:/sbin:/bin",
            PYTHONPATH=str(self._program),
            PGHOST=str(node.folder),
        )

    def _proxy(self, number: int) -> Part:
        """An HAProxy of its own for each entry. It cuts the sessions of a server that no longer leads."""
        file = self.folder / f"haproxy{number}.cfg"
        servers = "".join(
            f"  server {node.name} {node.client}:{_POSTGRESQL} check addr {node.client} port {_REST}\n"
            for node in self.nodes
        )
        file.write_text(
            "global\n  maxconn 500\n"
            "defaults\n  mode tcp\n  timeout connect 2s\n  timeout check 1s\n  timeout client 1h\n  timeout server 1h\n"
            "  retries 0\n"
            + "".join(
                f"listen {role}\n  bind 127.0.0.1:{port}\n  balance roundrobin\n"
                f"  option httpchk OPTIONS /{role}\n  http-check expect status 200\n"
                "  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n" + servers
                for role, port in (("primary", self._ports[number]), ("replica", self._replica_ports[number]))
            )
        )
        command = [packages.find("haproxy") or "haproxy", "-db", "-f", str(file)]
        log = self.folder / f"haproxy{number}.log"
        return Part(f"haproxy {number}", command, env=os.environ, cwd=self.folder, log=log)


def _programs() -> Path:
    """The folder of the newest PostgreSQL's programs."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))


def _status(node: Node, path: str) -> int:
    try:
        return _get(node, path)[0]
    except (OSError, http.client.HTTPException):
        return 0


def _get(node: Node, path: str, body: str | None = None) -> tuple[int, str]:
    """Ask a node's Patroni; with a body, tell it to do something."""
    connection = http.client.HTTPConnection(node.client, _REST, timeout=1 if body is None else 30)
    try:
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _ask(url: str, statement: str, *, seconds: float) -> list[tuple[Any, ...]]:
    import psycopg

    # Past HAProxy a server may accept, and answer nothing.
    with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
        wait: Callable[..., Any] = connection.wait
        connection.wait = lambda gen, **more: wait(gen, timeout=seconds, **more)  # type: ignore[method-assign]
        try:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            connection.pgconn.finish()
            raise
