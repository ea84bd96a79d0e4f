"""Three nodes with MariaDB and Galera; every node takes writes, and each of ToGo's web servers uses another one."""

import re
import subprocess
from pathlib import Path
from typing import Any

from lab import packages
from lab.clusters.cluster import Cluster
from lab.clusters.nodes import Node
from lab.processes import wait_until

PROVIDER = "/usr/lib/galera/libgalera_smm.so"
PACKAGES = {"mariadb-server": "mariadbd", "galera-4": PROVIDER, "rsync": "rsync", "iproute2": "ip"}
# After how many seconds a silent node is suspected, and after how many it is given up. The first is Galera's default.
SUSPECT, INACTIVE = 5, 15
_PORT = 3306
_WRITE = "UPDATE written SET times = times + 1 WHERE entry = {}"


class Galera(Cluster):
    """A commit is acknowledged once all nodes have received and certified it."""

    name = "galera"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, user="mysql")
        self.entries = [self.url(node) for node in self.nodes[:2]]
        for node in self.nodes:
            node.before_start = lambda node=node: self._prepare(node)  # type: ignore[misc]

    def url(self, node: Node) -> str:
        """The URL of a node."""
        return f"mysql://togo@{node.client}:{_PORT}/togo"

    def start(self) -> None:
        """Make the first node and the database, and let the others join it."""
        first, *others = self.nodes
        self._install(first)
        first.start()
        wait_until(lambda: self._is_synced(first), what="the first node")
        for node in others:
            # The first one sends it all files.
            data = node.folder / "data"
            data.mkdir()
            node.give(data)
            node.start()
            wait_until(lambda node=node: self._is_synced(node), what="another node")  # type: ignore[misc]
        _ask(first, "CREATE TABLE written (entry int PRIMARY KEY, times int NOT NULL)")
        _ask(first, "INSERT INTO written VALUES (0, 0), (1, 0)")
        wait_until(self.is_whole, what="the cluster")

    def leader(self) -> Node | None:
        """The first node that is in the cluster."""
        return next((node for node in self.nodes if self._is_synced(node)), None)

    def is_whole(self) -> bool:
        """Whether every node sees all three, and has caught up."""
        return all(self._is_synced(node, size=len(self.nodes)) for node in self.nodes)

    def is_equal(self) -> bool:
        """Whether all nodes have committed the same last transaction, and nothing waits."""
        if not self.is_whole():
            return False
        return len({_status(node)["wsrep_last_committed"] for node in self.nodes}) == 1

    def checksums(self, node: Node) -> dict[str, str]:
        """The number of rows and the checksum of each table."""
        tables = [row[0] for row in _ask(node, "SHOW TABLES", seconds=60)]
        names = ", ".join(f"`{table}`" for table in tables)
        sums = {row[0].partition(".")[2]: row[1] for row in _ask(node, f"CHECKSUM TABLE {names}", seconds=120)}
        count = "SELECT count(*) FROM `{}`"
        rows = {table: _ask(node, count.format(table), seconds=60)[0][0] for table in tables}
        return {table: f"{rows[table]} {sums[table]}" for table in tables}

    def write(self, entry: int) -> None:
        """Count up a row."""
        _ask(self.nodes[entry], _WRITE.format(entry), seconds=1)

    def restart_politely(self, node: Node) -> None:
        """Stop the node with SIGTERM, so that it leaves the cluster, and start it again."""
        node.parts[0].stop(60)
        node.start()

    def _is_synced(self, node: Node, *, size: int = 1) -> bool:
        try:
            status = _status(node)
        except Exception:
            return False
        return (
            status.get("wsrep_local_state_comment") == "Synced"
            and status.get("wsrep_cluster_status") == "Primary"
            and status.get("wsrep_ready") == "ON"
            and int(status.get("wsrep_cluster_size", 0)) >= size
        )

    def _install(self, node: Node) -> None:
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={node.folder}/data", "--skip-test-db"]
        command += ["--auth-root-authentication-method=normal"]
        subprocess.run(node.command(*command), check=True, cwd=node.folder, capture_output=True)
        prepare = node.folder / "prepare.sql"
        prepare.write_text(
            "CREATE DATABASE IF NOT EXISTS togo CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
            "CREATE USER IF NOT EXISTS togo@'%';\nGRANT ALL ON *.* TO togo@'%';\n"
        )
        node.give(prepare)

    def _prepare(self, node: Node) -> None:
        """Find out how far a killed node had come, as MariaDB's own unit does, so that it needn't copy everything."""
        if node.parts and node.parts[0].runs():
            return
        # The first start of the first node makes the cluster.
        first = not node.parts and node.number == 1
        position = self._position(node) if node.parts else ""
        node.parts.clear()
        node.add("mariadb", self._command(node, first=first, position=position))

    def _position(self, node: Node) -> str:
        log = node.folder / "recovered.log"
        log.unlink(missing_ok=True)
        command = [*self._command(node), "--wsrep-recover", f"--log-error={log}"]
        subprocess.run(node.command(*command), cwd=node.folder, check=False, capture_output=True, timeout=120)
        found = re.findall(r"Recovered position: *(\S+)", log.read_text() if log.exists() else "")
        return found[-1] if found else ""

    def _command(self, node: Node, *, first: bool = False, position: str = "") -> list[str]:
        provider = {
            "gmcast.listen_addr": f"tcp://{node.peer}:4567",
            "ist.recv_addr": f"{node.peer}:4568",
            "gcache.size": "128M",
            "gcache.recover": "yes",
            "evs.suspect_timeout": f"PT{SUSPECT}S",
            "evs.inactive_timeout": f"PT{INACTIVE}S",
        }
        command = [
            *(packages.find("mariadbd") or "mariadbd", "--no-defaults", f"--datadir={node.folder}/data"),
            *(f"--port={_PORT}", f"--bind-address={node.client}", f"--socket={node.folder}/s"),
            *(f"--pid-file={node.folder}/pid", "--skip-name-resolve"),
            *("--max-connections=300", "--innodb-buffer-pool-size=128M", "--innodb-autoinc-lock-mode=2"),
            *("--binlog-format=ROW", "--default-storage-engine=InnoDB", "--wsrep-on=ON"),
            *(f"--wsrep-provider={PROVIDER}", "--wsrep-cluster-name=togo", f"--wsrep-node-name={node.name}"),
            f"--wsrep-cluster-address=gcomm://{','.join(f'{one.peer}:4567' for one in self.nodes)}",
            *(f"--wsrep-node-address={node.peer}", f"--wsrep-node-incoming-address={node.client}:{_PORT}"),
            *("--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address={node.peer}:4444"),
            f"--wsrep-provider-options={';'.join(f'{name}={value}' for name, value in provider.items())}",
        ]
        command += ["--wsrep-new-cluster", f"--init-file={node.folder}/prepare.sql"] if first else []
        return command + ([f"--wsrep-start-position={position}"] if position else [])


def _status(node: Node) -> dict[str, str]:
    return dict(_ask(node, "SHOW GLOBAL STATUS LIKE 'wsrep_%'"))


def _ask(node: Node, statement: str, *, seconds: float = 5) -> list[tuple[Any, ...]]:
    import pymysql

    connection = pymysql.connect(
        host=node.client,
        port=_PORT,
        user="togo",
        database="togo",
        connect_timeout=2,
        read_timeout=seconds,
        write_timeout=seconds,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
