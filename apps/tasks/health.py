"""Counts the waiting jobs for the service `health`, which finds this function by `settings.TOGO_QUEUE_LENGTH`."""

import redis
from django.conf import settings

# Celery's name of its only queue here.
QUEUE = "celery"


def jobs_waiting() -> int | None:
    """How many jobs wait in the broker; None if it doesn't answer within 0.3 seconds."""
    url = settings.CELERY_BROKER_URL
    if url.startswith("redis+socket://"):
        # redis-py names a socket and its database differently.
        url = url.replace("redis+socket://", "unix://", 1).replace("?virtual_host=", "?db=")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=0.3, socket_timeout=0.3, retry=None) as broker:
            return int(broker.llen(QUEUE))
    except (redis.RedisError, OSError, ValueError):
        return None
