"""The web server's entry: `granian --interface wsgi togo.wsgi:application`."""

import gc
import os
import time
from collections.abc import Callable, Iterable

from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import get_resolver

from togo import starting  # noqa: F401  (exits with one line where the settings can't be used)
from togo.celery import wait_briefly_for_the_broker
from togo.counting import count_together

# A connection that worked so many seconds ago is taken to work.
_TRUSTED_SECONDS = 1.0


def _load_application() -> Callable[..., Iterable[bytes]]:
    """Load ToGo and tune this process for serving it."""
    # Before the app is loaded, which makes its counters.
    count_together()
    wait_briefly_for_the_broker()
    django = get_wsgi_application()
    from apps.views.http.bodies import ReadWholeBodies

    request_started.connect(_trust_connections_just_used)
    get_resolver().url_patterns  # noqa: B018 - loads the views
    _keep_what_is_loaded()
    return ReadWholeBodies(django)


def _keep_what_is_loaded() -> None:
    """Let the garbage collector pass over everything that is loaded: to look at it takes 30 ms, again and again."""
    gc.collect()
    gc.freeze()


def _trust_connections_just_used(**_: object) -> None:
    """Spare the trip by which Django asks a connection in each request whether it still works."""
    now = time.monotonic()
    for connection in connections.all(initialized_only=True):
        if now - getattr(connection, "last_used", 0.0) < _TRUSTED_SECONDS:
            connection.health_check_done = True  # type: ignore[attr-defined]  # Django's, without a type
        connection.last_used = now  # type: ignore[attr-defined]  # ours: by the request that begins


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
application = _load_application()
