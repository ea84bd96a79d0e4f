"""The web server's entry point: `granian --interface wsgi togo.wsgi:application`."""

import gc
import os
from collections.abc import Callable, Iterable

import django
from django.conf import settings
from django.core.signals import request_started
from django.urls import get_resolver

from togo import serving, starting  # noqa: F401  (exits with one line where the settings can't be used)
from togo.celery import wait_briefly_for_the_broker
from togo.counting import share_counters


def _load_application() -> Callable[..., Iterable[bytes]]:
    """Load ToGo and tune this process for serving it."""
    # This comes first, because the app makes its counters when it is loaded.
    share_counters()
    wait_briefly_for_the_broker()
    django.setup(set_prefix=False)
    handler = serving.Handler()
    from apps.models.database_sessions import bound_answers
    from apps.views.http.bodies import ReadWholeBodies
    from apps.views.http.root import ServedBelowRoot

    bound_answers(settings.TOGO_DATABASE_TIMEOUT)
    request_started.connect(serving.trust_connection_in_use)
    get_resolver().url_patterns  # noqa: B018 - loads the views
    _freeze_loaded_objects()
    application: Callable[..., Iterable[bytes]] = ReadWholeBodies(handler)
    return ServedBelowRoot(application) if settings.TOGO_ROOT else application


def _freeze_loaded_objects() -> None:
    """Let the garbage collector skip all objects that are loaded: examining them takes 30 ms each time."""
    gc.collect()
    gc.freeze()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
application = _load_application()
