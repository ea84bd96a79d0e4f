"""The jobs that beat sends. Every job is idempotent, so a missed, late or repeated run does no harm."""

from celery.schedules import crontab

BEAT_SCHEDULE = {
    "set the limits of today and tomorrow": {
        "task": "apps.tasks.limits.set_due_limits",
        # The broker delivers the job of a killed worker again only after an hour; the next minute's run does the same
        # work, so the limits are set within two minutes.
        "schedule": crontab(),
        # A run may wait in the queue behind long jobs; after 300 s it is dropped, because later runs do the same.
        "options": {"expires": 300},
    },
    "remove expired sign-in tokens": {
        "task": "apps.tasks.tokens.remove_expired_tokens",
        "schedule": crontab(hour=3, minute=17),
    },
    "remove ended sessions": {
        "task": "apps.tasks.sessions.remove_ended_sessions",
        "schedule": crontab(hour=3, minute=31),
    },
    "remove old tries of passwords": {
        "task": "apps.tasks.tokens.remove_old_tries",
        "schedule": crontab(minute=13),
    },
    "remove expired idempotency keys": {
        "task": "apps.tasks.idempotency.remove_expired_keys",
        "schedule": crontab(minute=29),
    },
    "remove expired distributions": {
        "task": "apps.tasks.distributions.remove_expired_distributions",
        "schedule": crontab(minute=47),
    },
    "go on with imports": {
        "task": "apps.tasks.imports.do_imports_that_stand_still",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "go on with series": {
        "task": "apps.tasks.series.fill_series",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "remove old dates of series": {
        "task": "apps.tasks.series.remove_old_occurrences",
        "schedule": crontab(hour=4, minute=29),
    },
    "recount what is taken": {
        "task": "apps.tasks.limits.count_drift",
        "schedule": crontab(hour=3, minute=53),
    },
    "deliver to webhooks": {
        # The job starts a thread that goes on; this starts another one if its worker has died.
        "task": "apps.tasks.webhooks.deliver",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "remove old deliveries": {
        "task": "apps.tasks.webhooks.remove_old_deliveries",
        "schedule": crontab(hour=4, minute=7),
    },
    "send messages": {
        # The job starts a thread that goes on; this starts another one if its worker has died.
        "task": "apps.tasks.notifications.send_messages",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "remove old messages": {
        "task": "apps.tasks.notifications.remove_old_messages",
        "schedule": crontab(hour=4, minute=19),
    },
    "archive old days": {
        # A run ends after ten minutes, and the next one goes on.
        "task": "apps.tasks.archive.archive_old_days",
        "schedule": crontab(minute=37),
        "options": {"expires": 1800},
    },
    "remove old imports": {
        "task": "apps.tasks.imports.remove_old_imports",
        "schedule": crontab(hour=3, minute=41),
    },
}
