"""What is done to a running ToGo, each for a few seconds at most."""

import contextlib
import datetime
import os
import random
import resource
import signal
import socket
import time
from collections.abc import Callable

from lab.prove.clock import ZONES, library, random_jump
from lab.prove.proxy import Mode, Proxy
from lab.prove.system import System

# The longest that something refuses, hangs or is slow, in seconds.
LONGEST = 2.5
# How long a write is waited for that can be killed, and the longest that it then goes on.
AIM, AFTER = 3.0, 0.04
# Returns False where it could not be done, and then doesn't count.
Fault = Callable[[System, random.Random], bool | None]


def kill_a_web_process(system: System, chance: random.Random) -> bool:
    """One of several; granian starts another."""
    if children := system.web.children():
        os.kill(chance.choice(children), signal.SIGKILL)
    return bool(children)


def kill_in_mid_write(system: System, chance: random.Random) -> bool:
    """The web process that does somebody's call: before its commit, or between that and the answer."""
    end = time.monotonic() + AIM
    while time.monotonic() < end:
        for caller in chance.sample(system.callers, len(system.callers)):
            if (port := caller.port()) and (pid := system.web_process_of(port)):
                time.sleep(chance.uniform(0, AFTER))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return True
        time.sleep(0.001)
    return False


def kill_the_web_server(system: System, chance: random.Random) -> None:
    """All its processes."""
    system.web.kill()


def kill_the_worker(system: System, chance: random.Random) -> None:
    """With the job that it does."""
    system.worker.kill()


def kill_beat(system: System, chance: random.Random) -> None:
    """As it is."""
    system.beat.kill()


def kill_the_broker(system: System, chance: random.Random) -> None:
    """As it is."""
    system.broker.kill()


def restart_the_broker(system: System, chance: random.Random) -> None:
    """As an operator does."""
    system.broker.stop()


def flush_the_broker(system: System, chance: random.Random) -> None:
    """Every message is lost."""
    with socket.create_connection(("127.0.0.1", system.broker_proxy.port), 2) as client:
        client.sendall(b"FLUSHALL\r\n")
        client.recv(16)


def kill_the_database(system: System, chance: random.Random) -> None:
    """All its processes, in mid-write; it recovers from its log."""
    assert system.database.part
    system.database.part.kill()
    time.sleep(chance.uniform(0, 0.5))
    system.database.restart()


def cut_the_database(system: System, chance: random.Random) -> None:
    """Every connection, some of them between a commit and its answer."""
    _proxy(system).cut()


def change_the_time_zone(system: System, chance: random.Random) -> None:
    """The worker and beat start again in another one; the web server has the old one until its next start, so for some
    of them it is another day."""
    system.zone = chance.choice([zone for zone in ZONES if zone != system.zone])
    system.worker.stop(1)
    system.beat.kill()


def jump(system: System, chance: random.Random) -> None:
    """The worker's and beat's clock, while both run; the worker starts by it half of the time, and the daily job is run
    by it."""
    system.clock.set(random_jump(chance, system.zone, datetime.datetime.now(datetime.UTC)))
    try:
        if chance.random() < 0.5:
            system.worker.kill()
            system.mend([system.worker])
        # Clocks are looked at every second.
        time.sleep(1)
        system.set_limits()
    finally:
        system.clock.set(0)


def fill_the_disk(system: System, chance: random.Random) -> None:
    """For ToGo: no file of its processes may grow past a size that they all have reached, which is an error of the
    disk for SQLite and for the logs."""
    pids = [pid for part in (system.web, system.worker) for pid in (part.pid, *part.children())]
    size = chance.choice([4096, 65536, 262144])
    _limit_files(pids, size)
    time.sleep(chance.uniform(0.5, LONGEST))
    _limit_files(pids, resource.RLIM_INFINITY)


def _limit_files(pids: list[int], size: int) -> None:
    for pid in pids:
        try:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size if hard == -1 else min(size, hard), hard))
        except ProcessLookupError:
            continue


def _proxy(system: System) -> Proxy:
    assert system.database.proxy
    return system.database.proxy


def _for_a_while(proxy_of: Callable[[System], Proxy], mode: Mode) -> Fault:
    def fault(system: System, chance: random.Random) -> None:
        proxy = proxy_of(system)
        proxy.mode = mode
        if mode == Mode.REFUSE:
            proxy.cut()
        time.sleep(chance.uniform(0.5, LONGEST))
        if mode == Mode.HANG and chance.random() < 0.5:
            proxy.cut()
        proxy.mode = Mode.PASS

    return fault


def _broker_proxy(system: System) -> Proxy:
    return system.broker_proxy


WEB: dict[str, Fault] = {
    "web process killed": kill_a_web_process,
    "web process killed in mid-write": kill_in_mid_write,
    "web server killed": kill_the_web_server,
}
JOBS: dict[str, Fault] = {
    "worker killed": kill_the_worker,
    "beat killed": kill_beat,
    "broker killed": kill_the_broker,
    "broker restarted": restart_the_broker,
    "broker flushed": flush_the_broker,
    "broker refuses": _for_a_while(_broker_proxy, Mode.REFUSE),
    "broker hangs": _for_a_while(_broker_proxy, Mode.HANG),
    "time zone changed": change_the_time_zone,
}
CLOCK: dict[str, Fault] = {"clock jumps": jump}
SERVER: dict[str, Fault] = {
    "database killed": kill_the_database,
    "database connections cut": cut_the_database,
    "database refuses": _for_a_while(_proxy, Mode.REFUSE),
    "database hangs": _for_a_while(_proxy, Mode.HANG),
    "database slow": _for_a_while(_proxy, Mode.SLOW),
}
FILE: dict[str, Fault] = {"disk full": fill_the_disk}


def faults_of(database: str) -> tuple[dict[str, Fault], dict[str, Fault]]:
    """What can be done to the web server and the database, and what meanwhile to those who do jobs.

    Nothing to a database that is somebody else's, nor to what writes to it.
    """
    jobs = JOBS | (CLOCK if library() else {})
    match database:
        case "sqlite":
            return WEB | FILE, jobs
        case "postgresql":
            return WEB | SERVER, jobs
    return {}, {}
