"""The web server's entry: `granian --interface wsgi togo.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

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
