"""Starts the broker, the worker and the web server, keeps them running, and stops them."""

import contextlib
import datetime
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from togo import env
from togo.embedded import address, lock, welcome
from togo.embedded.broker import Broker, BrokerError
from togo.embedded.options import Options
from togo.embedded.processes import Process, describe_exit
from togo.embedded.restarter import Part, Program, Restarter
from togo.embedded.signals import Signals, StopAsked

# The longest wait for the web server's first answer, in seconds.
_FIRST_ANSWER_TIMEOUT = 60.0


def run(options: Options) -> None:
    """Start everything, and run until a signal asks to stop.

    1. If ToGo can't start, print one line on stderr and exit with a non-zero code.
    2. Ctrl-C, SIGTERM or SIGHUP stop the web server, the worker and the broker, in this order. A second signal ends
       the wait for work in progress.
    3. A part that ends by itself is started again.
    """
    with Signals() as signals:
        try:
            listen = address.resolve(options.host)
            settings = _settings(options, listen)
            with lock.only_one(settings.TOGO_HOME, signals.wait) as lock_fd:
                address.require_free(listen, options.port)
                _Supervisor(options, listen, settings, lock_fd, signals).run()
        except StopAsked:
            _say("Stopped.")
        except BrokerError as error:
            raise SystemExit(str(error)) from None


def _settings(options: Options, listen: str) -> ModuleType:
    """The settings for the given host. Exits with a message if they can't be used."""
    if not address.is_loopback(listen) and not env.is_set("TOGO_ALLOWED_HOSTS") and not env.is_set("DATABASE_URL"):
        os.environ["TOGO_ALLOWED_HOSTS"] = ",".join(address.host_names(options.host, listen))
        _say(f"TOGO_ALLOWED_HOSTS is not set; using {os.environ['TOGO_ALLOWED_HOSTS']}")
    try:
        from togo import settings
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None
    return settings


class _Supervisor:
    def __init__(self, options: Options, listen: str, settings: ModuleType, lock_fd: int, signals: Signals) -> None:
        self._options = options
        self._listen = listen
        self._settings = settings
        self._lock_fd = lock_fd
        self._signals = signals
        self._restarters: list[Restarter] = []

    def run(self) -> None:
        """Start, greet, and watch until `StopAsked`. However it ends, all parts are stopped, the last one first."""
        with contextlib.ExitStack() as stack:
            try:
                self._greet(self._start(stack))
                while True:
                    self._signals.wait(min(restarter.check() for restarter in self._restarters))
            except StopAsked:
                _say("Stopping …")
                raise

    def _start(self, stack: contextlib.ExitStack) -> dict[str, Any]:
        broker = None
        if not env.is_set("CELERY_BROKER_URL"):
            broker = Broker(self._settings.TOGO_HOME / "broker", keep_open=[self._lock_fd])
            stack.callback(broker.remove)
        known = self._prepare()
        if broker:
            os.environ["CELERY_BROKER_URL"] = broker.url
            self._add(stack, "broker", broker, seconds=10).start()
        worker = self._add(stack, "worker", self._worker(), seconds=6)
        web = self._add(stack, "web server", self._web(), seconds=8)
        web.start()
        self._wait_for(web)
        # The worker starts only now, so that the web server has the processor until its first answer.
        worker.start()
        return known

    def _prepare(self) -> dict[str, Any]:
        """Run `togo.embedded.prepare` and return its answer. Exits if it fails."""
        # A proxy on this machine lets others in as well.
        is_open = not address.is_loopback(self._listen) or bool(self._settings.TOGO_PUBLIC_URL)
        demo = self._options.demo and self._settings.TOGO_EMBEDDED and not is_open
        flags = [*(["--demo"] if demo else []), *(["--open"] if is_open else [])]
        process = Process(
            [sys.executable, "-m", "togo.embedded.prepare", *flags], output=subprocess.PIPE, keep_open=[self._lock_fd]
        )
        try:
            code = process.wait(self._signals.wait)
        finally:
            process.stop(5)
        if code < 0:
            raise SystemExit(f"Preparing the database was interrupted ({describe_exit(code)}).")
        if code > 0:
            raise SystemExit(code)
        assert process.output
        known: dict[str, Any] = json.load(process.output)
        return known

    def _add(self, stack: contextlib.ExitStack, name: str, part: Part, *, seconds: float) -> Restarter:
        """Add a part: it is restarted when it ends, and stopped within so many seconds when the stack unwinds."""
        restarter = Restarter(name, part, pause=self._signals.wait, say=_say)
        stack.callback(part.stop, seconds, self._signals.pause, lambda: self._signals.asked > 1)
        self._restarters.append(restarter)
        return restarter

    def _worker(self) -> Program:
        on_sqlite = self._settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        # Celery warns when it runs as root; bin/run has no option for another user.
        python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m"]
        options = ["--beat", "--loglevel", "warning", "--concurrency", "1" if on_sqlite else "2"]
        # These options exchange messages with other workers, and there is only one.
        options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        # With a longer time-out Celery sleeps for all of it, even if its jobs have ended before.
        options += ["--", "worker.soft_shutdown_timeout=0"]
        return Program(
            [*python, "celery", "-A", "togo.celery", "worker", *options],
            lock_fd=self._lock_fd,
            # It prints its banner on stdout, and warnings on stderr.
            output=subprocess.DEVNULL,
            # At the first signal it finishes the jobs in progress; at the second it returns them to the queue.
            stops=(signal.SIGTERM, signal.SIGQUIT),
        )

    def _web(self) -> Program:
        # On SQLite more processes are hardly faster, and their slowest calls take four times as long: see
        # docs/performance.md. Granian warns when it is given more threads than 2 per processor and one.
        threads = min(4, 2 * (os.cpu_count() or 1) + 1)
        # The same bounds as in entrypoint.sh.
        options = ["--http", "1", "--http1-buffer-size", "65536", "--no-ws"]
        options += ["--interface", "wsgi", "--host", self._listen, "--port", str(self._options.port)]
        options += ["--workers", "1", "--blocking-threads", str(threads), "--workers-kill-timeout", "5"]
        options += ["--log-level", "warning", "--no-access-log"]
        command = [sys.executable, "-m", "granian", *options, "togo.wsgi:application"]
        # Granian prints its errors on stdout.
        return Program(command, lock_fd=self._lock_fd, output=sys.stderr.fileno())

    def _wait_for(self, web: Restarter) -> None:
        """Wait for the first answer. Exits with a message if none comes."""
        end = time.monotonic() + _FIRST_ANSWER_TIMEOUT
        while not self._is_alive():
            code = web.part.poll()
            if code is not None:
                raise SystemExit(f"The web server doesn't start ({describe_exit(code)}); its messages are above.")
            if time.monotonic() > end:
                raise SystemExit(
                    f"The web server didn't answer within {_FIRST_ANSWER_TIMEOUT:.0f} s; "
                    f"see the logs in {self._settings.TOGO_LOG_DIR}."
                )
            self._signals.wait(0.05)

    def _is_alive(self) -> bool:
        host = self._settings.ALLOWED_HOSTS[0].lstrip(".")
        call = http.client.HTTPConnection(address.local_address(self._listen), self._options.port, timeout=5)
        with contextlib.closing(call):
            try:
                call.request("GET", "/health/live/", headers={"Host": "localhost" if host == "*" else host})
                return call.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False

    def _greet(self, known: dict[str, Any]) -> None:
        _say(
            welcome.text(
                self._settings.TOGO_PUBLIC_URL.rstrip("/")
                or address.shown_url(self._options.host, self._listen, self._options.port),
                demo=known["demo"],
                admin=known["admin"],
                provider=known["provider"],
                today=datetime.datetime.now(ZoneInfo(self._settings.TIME_ZONE)).date(),
                python=sys.executable,
            )
        )


def _say(line: str) -> None:
    # ToGo goes on working when its terminal was closed, or the reader of its output has ended.
    with contextlib.suppress(OSError):
        print(line, flush=True)
