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
from togo.embedded.kept import Kept, Part, Program
from togo.embedded.options import Options
from togo.embedded.processes import Process, how
from togo.embedded.signals import Signals, StopAsked

# From the web server's start to its first answer.
_PATIENCE = 60.0


def run(options: Options) -> None:
    """Start everything, and stay until somebody wants it to stop.

    1. Where ToGo can't start: one line on stderr and a non-zero exit.
    2. Ctrl-C, SIGTERM or SIGHUP stop all that was started: web, worker, broker. A second one doesn't wait for work
       in progress.
    3. What ends by itself is started again.
    """
    with Signals() as signals:
        try:
            listen = address.resolve(options.host)
            settings = _settings(options, listen)
            with lock.only_one(settings.TOGO_HOME, signals.wait) as held:
                address.require_free(listen, options.port)
                _Supervisor(options, listen, settings, held, signals).run()
        except StopAsked:
            _say("Stopped.")
        except BrokerError as error:
            raise SystemExit(str(error)) from None


def _settings(options: Options, listen: str) -> ModuleType:
    """The settings, for the host that was given. Exits with a message where they can't be used."""
    if not address.is_loopback(listen) and not env.is_set("TOGO_ALLOWED_HOSTS") and not env.is_set("DATABASE_URL"):
        os.environ["TOGO_ALLOWED_HOSTS"] = ",".join(address.names(options.host, listen))
        _say(f"TOGO_ALLOWED_HOSTS is not set; taking {os.environ['TOGO_ALLOWED_HOSTS']}")
    try:
        from togo import settings
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None
    return settings


class _Supervisor:
    def __init__(self, options: Options, listen: str, settings: ModuleType, held: int, signals: Signals) -> None:
        self._options = options
        self._listen = listen
        self._settings = settings
        self._held = held
        self._signals = signals
        self._kept: list[Kept] = []

    def run(self) -> None:
        """Start, greet, and watch until `StopAsked`. Whatever ends it, everything is stopped: what came last, first."""
        with contextlib.ExitStack() as stack:
            try:
                self._greet(self._start(stack))
                while True:
                    self._signals.wait(min(kept.look() for kept in self._kept))
            except StopAsked:
                _say("Stopping …")
                raise

    def _start(self, stack: contextlib.ExitStack) -> dict[str, Any]:
        broker = None
        if not env.is_set("CELERY_BROKER_URL"):
            broker = Broker(self._settings.TOGO_HOME / "broker", keep_open=[self._held])
            stack.callback(broker.remove)
        known = self._prepare()
        if broker:
            os.environ["CELERY_BROKER_URL"] = broker.url
            self._keep(stack, "broker", broker, seconds=10).start()
        worker = self._keep(stack, "worker", self._worker(), seconds=6)
        web = self._keep(stack, "web server", self._web(), seconds=8)
        web.start()
        self._wait_for(web)
        # Only now: until its first answer the web server needs the processor more.
        worker.start()
        return known

    def _prepare(self) -> dict[str, Any]:
        """Get the database ready, see there. Exits where it can't be."""
        is_open = not address.is_loopback(self._listen)
        demo = self._options.demo and self._settings.TOGO_EMBEDDED and not is_open
        flags = [*(["--demo"] if demo else []), *(["--open"] if is_open else [])]
        process = Process(
            [sys.executable, "-m", "togo.embedded.prepare", *flags], output=subprocess.PIPE, keep_open=[self._held]
        )
        try:
            code = process.wait(self._signals.wait)
        finally:
            process.stop(5)
        if code < 0:
            raise SystemExit(f"Getting the database ready was interrupted ({how(code)}).")
        if code > 0:
            raise SystemExit(code)
        assert process.output
        known: dict[str, Any] = json.load(process.output)
        return known

    def _keep(self, stack: contextlib.ExitStack, name: str, part: Part, *, seconds: float) -> Kept:
        """See that it is stopped in its turn, within so many seconds, and until then runs once it was started."""
        kept = Kept(name, part, pause=self._signals.wait, say=_say)
        stack.callback(part.stop, seconds, self._signals.pause, lambda: self._signals.asked > 1)
        self._kept.append(kept)
        return kept

    def _worker(self) -> Program:
        on_sqlite = self._settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        # Whoever runs this as root was not asked which user it should be.
        python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m"]
        options = ["--beat", "--loglevel", "warning", "--concurrency", "1" if on_sqlite else "2"]
        # There is one worker: nobody to greet and to gossip with.
        options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        # With this time-out Celery sleeps when it should look whether its jobs are done.
        options += ["--", "worker.soft_shutdown_timeout=0"]
        return Program(
            [*python, "celery", "-A", "togo.celery", "worker", *options],
            held=self._held,
            # Its greeting goes there; what it has to warn of is on stderr.
            output=subprocess.DEVNULL,
            # First it finishes the jobs in progress; what still isn't done then goes back into the queue.
            stops=(signal.SIGTERM, signal.SIGQUIT),
        )

    def _web(self) -> Program:
        # On SQLite more processes are hardly faster, and their slowest calls take four times as long: see
        # docs/performance.md. granian warns of more threads than that.
        threads = min(4, 2 * (os.cpu_count() or 1) + 1)
        # The bounds of entrypoint.sh.
        options = ["--http", "1", "--http1-buffer-size", "65536", "--no-ws"]
        options += ["--interface", "wsgi", "--host", self._listen, "--port", str(self._options.port)]
        options += ["--workers", "1", "--blocking-threads", str(threads), "--workers-kill-timeout", "5"]
        options += ["--log-level", "warning", "--no-access-log"]
        command = [sys.executable, "-m", "granian", *options, "togo.wsgi:application"]
        # granian says on stdout what went wrong.
        return Program(command, held=self._held, output=sys.stderr.fileno())

    def _wait_for(self, web: Kept) -> None:
        """Wait for the first answer. Exits where there is none."""
        end = time.monotonic() + _PATIENCE
        while not self._is_alive():
            code = web.part.poll()
            if code is not None:
                raise SystemExit(f"The web server doesn't start ({how(code)}); what it said is above.")
            if time.monotonic() > end:
                raise SystemExit(
                    f"The web server doesn't answer in {_PATIENCE:.0f} s; see {self._settings.TOGO_LOG_DIR}."
                )
            self._signals.wait(0.05)

    def _is_alive(self) -> bool:
        host = self._settings.ALLOWED_HOSTS[0].lstrip(".")
        call = http.client.HTTPConnection(address.called_at(self._listen), self._options.port, timeout=5)
        with contextlib.closing(call):
            try:
                call.request("GET", "/health/live/", headers={"Host": "localhost" if host == "*" else host})
                return call.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False

    def _greet(self, known: dict[str, Any]) -> None:
        _say(
            welcome.text(
                address.reached_at(self._options.host, self._listen, self._options.port),
                demo=known["demo"],
                admin=known["admin"],
                today=datetime.datetime.now(ZoneInfo(self._settings.TIME_ZONE)).date(),
                python=sys.executable,
            )
        )


def _say(line: str) -> None:
    # Where nobody listens any more, a terminal that was closed or a pipe that was left, ToGo still does its work.
    with contextlib.suppress(OSError):
        print(line, flush=True)
