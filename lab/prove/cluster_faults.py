"""The faults of a cluster of databases. Each ends when the cluster is whole again."""

import os
import random
import signal
import time

from lab.clusters.cluster import Cluster
from lab.clusters.network import may_cut
from lab.clusters.nodes import Node
from lab.clusters.patroni import Patroni
from lab.prove import faults
from lab.prove.databases import CLUSTERS
from lab.prove.faults import Fault
from lab.prove.system import System

# How long the others may take to go on without a node, and how long the fault lasts after that, in seconds.
FAILOVER, LONGER = 40.0, 3.0
# For how many seconds nobody has a majority: longer than any node takes to notice.
NO_QUORUM = 8.0, 14.0


def kill_the_leader(system: System, chance: random.Random) -> None:
    """Kill all processes on the node that leads; with Galera, on a node that a web server uses."""
    cluster = _cluster(system)
    node = _used(cluster, chance)
    node.kill()
    _hold(cluster, chance)
    cluster.mend()


def kill_a_node(system: System, chance: random.Random) -> None:
    """Kill all processes on any node, and let it rejoin."""
    cluster = _cluster(system)
    chance.choice(cluster.nodes).kill()
    _hold(cluster, chance)
    cluster.mend()


def kill_the_agent(system: System, chance: random.Random) -> bool:
    """Kill only the leader's Patroni: its PostgreSQL lives on, and believes that it leads."""
    cluster = _cluster(system)
    leader = cluster.leader()
    if not isinstance(cluster, Patroni) or not leader:
        return False
    os.kill(cluster.agent(leader).pid, signal.SIGKILL)
    # Until another one leads.
    _hold(cluster, chance)
    cluster.mend()
    return True


def freeze_a_node(system: System, chance: random.Random) -> None:
    """Stop all processes of a node that leads or is used, until the others go on without it, and then wake it up."""
    cluster = _cluster(system)
    node = _used(cluster, chance)
    node.freeze()
    try:
        _hold(cluster, chance)
    finally:
        node.thaw()
    cluster.mend()


def cut_a_node_off(system: System, chance: random.Random) -> None:
    """Cut a node off from the others, half of the time also from its clients; mostly the one that leads."""
    cluster = _cluster(system)
    node = _used(cluster, chance) if chance.random() < 0.7 else chance.choice(cluster.nodes)
    node.cut(clients=chance.random() < 0.5)
    try:
        _hold(cluster, chance)
    finally:
        node.join()
    cluster.mend()


def lose_the_quorum(system: System, chance: random.Random) -> None:
    """Cut off two of three nodes, or freeze them where nothing can be cut."""
    cluster = _cluster(system)
    nodes = chance.sample(cluster.nodes, 2)
    for node in nodes:
        node.cut() if cluster.network.cuts else node.freeze()
    time.sleep(chance.uniform(*NO_QUORUM))
    cluster.mend()


def restart_all(system: System, chance: random.Random) -> None:
    """Restart one node after the other, as an operator does who updates them; the one that leads comes last."""
    cluster = _cluster(system)
    leader = cluster.leader()
    for node in sorted(cluster.nodes, key=lambda node: node is leader):
        cluster.restart_politely(node)
        cluster.mend()


def upgrade(system: System, chance: random.Random) -> None:
    """Replace ToGo's web servers one after the other."""
    system.upgrade()


CLUSTER: dict[str, Fault] = {
    "leader killed": kill_the_leader,
    "node killed and rejoined": kill_a_node,
    "node frozen and woken": freeze_a_node,
    "quorum lost and restored": lose_the_quorum,
    "rolling restart": restart_all,
    "ToGo replaced one by one": upgrade,
}
AGENT: dict[str, Fault] = {"only the agent killed": kill_the_agent}
CABLES: dict[str, Fault] = {"node cut off": cut_a_node_off}
_JOBS = {name: faults.JOBS[name] for name in ("worker killed", "beat killed", "broker killed")}


def faults_of(database: str) -> tuple[dict[str, Fault], dict[str, Fault]]:
    """As `faults.faults_of`, and for clusters those faults that are possible on this machine."""
    if database not in CLUSTERS:
        return faults.faults_of(database)
    cables = CABLES if may_cut() else {}
    return CLUSTER | cables | (AGENT if database == "patroni" else {}), _JOBS


def _cluster(system: System) -> Cluster:
    assert system.database.cluster
    return system.database.cluster


def _used(cluster: Cluster, chance: random.Random) -> Node:
    """The node that leads; where every node takes writes, one that a web server uses."""
    if isinstance(cluster, Patroni):
        return cluster.leader() or chance.choice(cluster.nodes)
    return chance.choice(cluster.nodes[: len(cluster.entries)])


def _hold(cluster: Cluster, chance: random.Random) -> None:
    """Wait until the others go on without the node, and then a while longer."""
    time.sleep(1)
    end = time.monotonic() + FAILOVER
    while time.monotonic() < end and not any(cluster.can_write(entry) for entry in range(len(cluster.entries))):
        time.sleep(0.1)
    time.sleep(chance.uniform(0, LONGER))
