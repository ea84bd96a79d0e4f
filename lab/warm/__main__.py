"""The process that imports other people's packages once, and forks for each start: `python -m lab.warm DESCRIPTOR`.

A package may read a variable when it is imported. A start with another value of such a variable can't be a fork of
this process; the fork then becomes a new Python.
"""

import atexit
import contextlib
import gc
import importlib.util
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
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any
from unittest import mock

# What programs of ToGo import, as far as it doesn't read Django's settings while it is imported.
PACKAGES = """
authlib.integrations.base_client authlib.integrations.requests_client.utils authlib.oauth1.rfc5849.errors
authlib.oauth2.rfc7523.assertion
celery.apps.beat celery.apps.worker celery.bin.celery celery.concurrency.prefork celery.fixups.django
celery.loaders.app celery.worker.consumer kombu.transport.redis
concurrent_log_handler pythonjsonlogger.json csp.middleware
django.contrib.admin django.contrib.admindocs.views django.contrib.auth.hashers
django.contrib.messages.storage.fallback django.contrib.postgres.fields
django.contrib.sessions.backends.db django.core.management.commands.makemigrations django.core.wsgi
django.db.backends.postgresql.base django.db.backends.sqlite3.base django.template.defaulttags
django.db.migrations.executor django.middleware.clickjacking django.middleware.common django.middleware.gzip
django.middleware.security django.template.loader_tags django.test django_stubs_ext drf_spectacular.utils
granian.cli granian.server
h11 icalendar joserfc.jwe joserfc.jwt jwt markdown psycopg pygments.formatters.html pymysql pyotp requests
rest_framework.authentication rest_framework.serializers segno smtplib tzlocal uritemplate whitenoise.middleware yaml
"""
# What can't be imported before there are settings.
NEED_SETTINGS = """
apps togo rest_framework rest_framework_simplejwt drf_spectacular
django.contrib.admin django.contrib.auth django.contrib.contenttypes django.contrib.sessions
"""


def main() -> None:
    """Fork for each request, until the other side closes the socket. Returns in each fork, to run its program."""
    control = socket.socket(fileno=int(sys.argv[1]))
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    with noting_variables() as read:
        for name in PACKAGES.split():
            importlib.import_module(name)
    keep_bytecode(NEED_SETTINGS.split())
    assert threading.active_count() == 1, "a fork has no other threads"
    gc.collect()
    gc.freeze()
    run(fork_when_asked(control), read)


def keep_bytecode(packages: list[str]) -> None:
    """Read the bytecode of these packages now, so that a fork which imports their modules only runs it."""
    kept: dict[str, CodeType | None] = {}
    read = SourceFileLoader.get_code

    def get_code(loader: Any, name: str) -> CodeType | None:
        return kept.get(loader.path) or read(loader, name)

    for package in packages:
        spec = importlib.util.find_spec(package)
        assert spec, package
        for folder in map(Path, spec.submodule_search_locations or []):
            for file in folder.rglob("*.py"):
                name = ".".join([package, *file.relative_to(folder).with_suffix("").parts])
                kept[str(file)] = SourceFileLoader(name, str(file)).get_code(name)
    SourceFileLoader.get_code = get_code  # type: ignore[assignment, method-assign]


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
    with ending_at_once():
        if program == "-m":
            program, *arguments = arguments
            sys.argv, sys.path[0] = [program, *arguments], request["cwd"]
            runpy._run_module_as_main(program)  # type: ignore[attr-defined]  # noqa: SLF001  (what -m does)
        else:
            sys.argv, sys.path[0] = [program, *arguments], str(Path(program).resolve().parent)
            runpy.run_path(program, run_name="__main__")


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """End this process after the program as Python does, but without taking apart everything that was imported."""
    code: object = None
    try:
        yield
    except SystemExit as asked:
        code = asked.code
    except Exception:
        sys.excepthook(*sys.exc_info())
        code = 1
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  (what Python does)
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def _read_by_python(env: Mapping[str, str]) -> set[str]:
    """Variables that Python or the C library reads when a process begins."""
    return {name for name in env if name.startswith(("PYTHON", "LD_", "MALLOC_", "LC_", "LANG", "TZ"))}


if __name__ == "__main__":
    main()
