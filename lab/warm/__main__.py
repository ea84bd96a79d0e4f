"""The process that imports other people's packages once, and forks for each start: `python -m lab.warm DESCRIPTOR`.

A package may read a variable when it is imported. A start with another value of such a variable can't be a fork of
this process; the fork then becomes a new Python.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import wsgiref.handlers  # noqa: F401  (reads all variables while it is imported, only to copy them)
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

# What programs of ToGo import, as far as it doesn't read Django's settings while it is imported.
PACKAGES = """
authlib.integrations.base_client
celery.apps.beat celery.apps.worker celery.bin.celery celery.concurrency.prefork celery.fixups.django
celery.loaders.app celery.worker.consumer kombu.transport.redis
concurrent_log_handler pythonjsonlogger.json
django.contrib.admin django.contrib.messages.storage.fallback django.contrib.postgres.fields
django.contrib.sessions.backends.db django.core.management.commands.makemigrations django.core.wsgi
django.db.backends.postgresql.base django.db.backends.sqlite3.base django.template.defaulttags
django.template.loader_tags django.test django_stubs_ext
granian.cli granian.server
h11 icalendar joserfc.jwe joserfc.jwt jwt markdown psycopg pymysql pyotp requests segno tzlocal uritemplate
whitenoise.middleware yaml
"""


def main() -> None:
    """Fork for each request, until the other side closes the socket. Returns in each fork, to run its program."""
    control = socket.socket(fileno=int(sys.argv[1]))
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    with noting_variables() as read:
        for name in PACKAGES.split():
            importlib.import_module(name)
    assert threading.active_count() == 1, "a fork has no other threads"
    gc.collect()
    gc.freeze()
    run(fork_when_asked(control), read)


@contextlib.contextmanager
def noting_variables() -> Iterator[set[str]]:
    """Yields the names of the environment's variables that are read meanwhile."""
    names: set[str] = set()
    read = type(os.environ).__getitem__

    def note(environment: Any, name: str) -> str:
        names.add(name)
        return read(environment, name)

    with mock.patch.object(type(os.environ), "__getitem__", note):
        yield names


def fork_when_asked(control: socket.socket) -> dict[str, Any]:
    """Returns the request in each fork; in this process, exits when nobody can ask any more."""
    end, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        readable, _, _ = select.select([control.fileno(), end], [], [])
        if end in readable:
            os.read(end, 1000)
            _tell_of_ends(running)
        if control.fileno() not in readable:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 10_000_000, 3)
        if not message:
            os._exit(0)
        output, errors, to_asker = descriptors
        told = socket.socket(fileno=to_asker)
        if pid := os.fork():
            os.close(output)
            os.close(errors)
            running[pid] = told
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        told.send(str(os.getpid()).encode())
        for other in (*running.values(), told, control):
            other.close()
        os.close(end)
        os.close(wake)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.closerange(3, max(output, errors) + 1)
        request: dict[str, Any] = json.loads(message)
        return request


def _tell_of_ends(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        # The asker may be gone, or not want to know.
        with running.pop(pid) as told, contextlib.suppress(BrokenPipeError):
            told.send(str(os.waitstatus_to_exitcode(status)).encode())


def run(request: dict[str, Any], read: set[str]) -> None:
    """Run a program as `python …` does."""
    os.chdir(request["cwd"])
    command, env = request["command"], request["env"]
    if any(os.environ.get(name) != env.get(name) for name in read | _read_by_python(env) | _read_by_python(os.environ)):
        os.execve(sys.executable, [sys.executable, *command], env)  # noqa: S606  (no shell is needed)
    os.environ.clear()
    os.environ.update(env)
    program, *arguments = command
    if program == "-m":
        program, *arguments = arguments
        sys.argv, sys.path[0] = [program, *arguments], request["cwd"]
        runpy._run_module_as_main(program)  # type: ignore[attr-defined]  # noqa: SLF001  (what -m does)
    else:
        sys.argv, sys.path[0] = [program, *arguments], str(Path(program).resolve().parent)
        runpy.run_path(program, run_name="__main__")


def _read_by_python(env: Mapping[str, str]) -> set[str]:
    """Variables that Python or the C library reads when a process begins."""
    return {name for name in env if name.startswith(("PYTHON", "LD_", "MALLOC_", "LC_", "LANG", "TZ"))}


if __name__ == "__main__":
    main()
