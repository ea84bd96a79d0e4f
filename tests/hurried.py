"""ToGo's Celery app in a hurry: beat sends jobs every second, and leases are short. `celery -A tests.hurried`."""

import datetime

import django

from togo.celery import app

django.setup()

from apps.services.shared import leases  # noqa: E402
from apps.services.webhooks import delivering  # noqa: E402

app.conf.beat_schedule["set the limits of today and tomorrow"]["schedule"] = 1.0
app.conf.beat_schedule["deliver to webhooks"]["schedule"] = 1.0
leases.LASTS = datetime.timedelta(seconds=1.5)
delivering._RENEWAL = 0.5
