"""The web server's entry point: `granian --interface wsgi togo.wsgi:application`."""

import gc
import os
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import get_resolver

from togo import starting  # noqa: F401  (exits with one line where the settings can't be used)
from togo.celery import wait_briefly_for_the_broker
from togo.counting import share_counters

# A database connection that was used less than so many seconds ago is assumed to work.
_TRUSTED_SECONDS = 1.0


def _load_application() -> Callable[..., Iterable[bytes]]:
    """Load ToGo and tune this process for serving it."""
    # This comes first, because the app makes its counters when it is loaded.
    share_counters()
    wait_briefly_for_the_broker()
    django = get_wsgi_application()
    from apps.models.database_sessions import bound_answers
    from apps.views.http.bodies import ReadWholeBodies
    from apps.views.http.root import ServedBelowRoot

    bound_answers(settings.TOGO_DATABASE_TIMEOUT)
    request_started.connect(_skip_recent_health_checks)
    get_resolver().url_patterns  # noqa: B018 - loads the views
    _freeze_loaded_objects()
    application: Callable[..., Iterable[bytes]] = ReadWholeBodies(django)
    return ServedBelowRoot(application) if settings.TOGO_ROOT else application


def _freeze_loaded_objects() -> None:
    """Let the garbage collector skip all objects that are loaded: examining them takes 30 ms each time."""
    gc.collect()
    gc.freeze()


def _skip_recent_health_checks(**_: object) -> None:
    """Skip Django's check whether the connection still works, a round trip per request, if it was just used."""
    now = time.monotonic()
    for connection in connections.all(initialized_only=True):
        if now - getattr(connection, "last_used", 0.0) < _TRUSTED_SECONDS:
            connection.health_check_done = True  # type: ignore[attr-defined]  # Django's, without a type
        connection.last_used = now  # type: ignore[attr-defined]  # our own attribute


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
application = _load_application()
