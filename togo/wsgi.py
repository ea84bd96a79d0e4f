"""The web server's entry: `granian --interface wsgi togo.wsgi:application`."""

import gc
import os
import time

from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import get_resolver

from togo import starting  # noqa: F401  (exits with one line where the settings can't be used)
from togo.celery import app
from togo.counting import count_together

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")

# A request waits at most a moment for a broker that is gone or hangs: what it would have asked for is noted in
# the database, and the periodic job finds it there. Workers keep Celery's patience.
app.conf.update(
    task_publish_retry=False,
    broker_transport_options={
        **app.conf.broker_transport_options,
        "max_retries": 0,
        "socket_connect_timeout": 0.3,
        "socket_timeout": 0.3,
        "retry_on_timeout": False,
    },
)

# Before the app is loaded, which makes its counters.
count_together()
application = get_wsgi_application()

# What is loaded stays. Looking for garbage in all of it takes 30 ms, and would be done again and again.
get_resolver().url_patterns  # noqa: B018 - loads the views
gc.collect()
gc.freeze()


# Django asks each connection at its first use in a request whether it still works: a trip of its own. One that
# worked a moment ago isn't asked again.
_MOMENT = 1.0


def _trust_what_was_just_used(**_: object) -> None:
    now = time.monotonic()
    for connection in connections.all(initialized_only=True):
        if now - getattr(connection, "last_used", 0.0) < _MOMENT:
            connection.health_check_done = True  # type: ignore[attr-defined]  # Django's, without a type
        connection.last_used = now  # type: ignore[attr-defined]  # ours: by the request that begins


request_started.connect(_trust_what_was_just_used)
