"""The faults that a campaign injects into a running ToGo; each takes a few seconds at most."""

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

# For how many seconds at most a part refuses, hangs, is slow or has a full disk.
LONGEST = 2.5
# How many seconds `kill_in_mid_write` waits for a call, and after how many at most it kills the call's process.
WAIT_FOR_CALL, KILL_AFTER = 3.0, 0.04
# Returns False if the fault wasn't possible; then it isn't counted.
Fault = Callable[[System, random.Random], bool | None]


def kill_a_web_process(system: System, chance: random.Random) -> bool:
    """Kill one of the web processes; Granian starts another."""
    if children := system.web.children():
        os.kill(chance.choice(children), signal.SIGKILL)
    return bool(children)


def kill_in_mid_write(system: System, chance: random.Random) -> bool:
    """Kill a web process that is doing a call, before its commit, or between the commit and the answer."""
    end = time.monotonic() + WAIT_FOR_CALL
    while time.monotonic() < end:
        for caller in chance.sample(system.callers, len(system.callers)):
            if (port := caller.port()) and (pid := system.web_process_of(port)):
                time.sleep(chance.uniform(0, KILL_AFTER))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    return True
        time.sleep(0.001)
    return False


def kill_the_web_server(system: System, chance: random.Random) -> None:
    """Kill all processes of the web server."""
    system.web.kill()


def kill_the_worker(system: System, chance: random.Random) -> None:
    """Kill the worker, and so the job that it is doing."""
    system.worker.kill()


def kill_beat(system: System, chance: random.Random) -> None:
    """Kill beat."""
    system.beat.kill()


def kill_the_broker(system: System, chance: random.Random) -> None:
    """Kill the broker."""
    system.broker.kill()


def restart_the_broker(system: System, chance: random.Random) -> None:
    """Stop the broker as an operator does; `System.mend` starts it again."""
    system.broker.stop()


def flush_the_broker(system: System, chance: random.Random) -> None:
    """Delete all messages in the broker."""
    with socket.create_connection(("127.0.0.1", system.broker_proxy.port), 2) as client:
        client.sendall(b"FLUSHALL\r\n")
        client.recv(16)


def kill_the_database(system: System, chance: random.Random) -> None:
    """Kill all processes of the database in the middle of writes; it recovers from its log."""
    assert system.database.part
    system.database.part.kill()
    time.sleep(chance.uniform(0, 0.5))
    system.database.restart()


def cut_the_database(system: System, chance: random.Random) -> None:
    """Cut every connection to the database, some of them between a commit and its answer."""
    _proxy(system).cut()


def change_the_time_zone(system: System, chance: random.Random) -> None:
    """Restart the worker and beat in another time zone. The web server keeps the old one until its next start, so the
    parts may disagree about today."""
    system.zone = chance.choice([zone for zone in ZONES if zone != system.zone])
    system.worker.stop(1)
    system.beat.kill()


def jump(system: System, chance: random.Random) -> None:
    """Let the clock of the running worker and beat jump, and run the daily job with it; half of the time, restart the
    worker with it too."""
    system.clock.set(random_jump(chance, system.zone, datetime.datetime.now(datetime.UTC)))
    try:
        if chance.random() < 0.5:
            system.worker.kill()
            system.mend([system.worker])
        # libfaketime reads the offset once a second.
        time.sleep(1)
        system.set_limits()
    finally:
        system.clock.set(0)


def fill_the_disk(system: System, chance: random.Random) -> None:
    """Make writes of the web server and the worker fail as on a full disk: none of their files, SQLite's and the logs
    included, may grow past 4, 64 or 256 KiB."""
    pids = [pid for part in (system.web, system.worker) for pid in (part.pid, *part.children())]
    size = chance.choice([4096, 65536, 262144])
    _limit_file_sizes(pids, size)
    time.sleep(chance.uniform(0.5, LONGEST))
    _limit_file_sizes(pids, resource.RLIM_INFINITY)


def _limit_file_sizes(pids: list[int], size: int) -> None:
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
    """The faults of the web server and the database, and those of the broker, the worker and beat.

    There are none if the database isn't the campaign's own.
    """
    jobs = JOBS | (CLOCK if library() else {})
    match database:
        case "sqlite":
            return WEB | FILE, jobs
        case "postgresql":
            return WEB | SERVER, jobs
    return {}, {}
