"""ToGo's Celery app with a beat that sends the periodic job every second: `celery -A tests.hurried`."""

from togo.celery import app

app.conf.beat_schedule["set the limits of today and tomorrow"]["schedule"] = 1.0
