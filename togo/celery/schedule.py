"""What beat runs. Every job is idempotent, so a missed, late or doubled turn does no harm."""

from celery.schedules import crontab

BEAT_SCHEDULE = {
    "set the limits of today and tomorrow": {
        "task": "apps.tasks.limits.set_due_limits",
        # What a killed worker had in its hands is not delivered again for an hour: the next turn does it, so that it
        # is done within two minutes.
        "schedule": crontab(),
        # A turn may wait behind long jobs; of those that waited so long the next ones do the same.
        "options": {"expires": 300},
    },
    "remove expired sign-in tokens": {
        "task": "apps.tasks.tokens.remove_expired_tokens",
        "schedule": crontab(hour=3, minute=17),
    },
    "remove old tries of passwords": {
        "task": "apps.tasks.tokens.remove_old_tries",
        "schedule": crontab(minute=13),
    },
    "remove expired idempotency keys": {
        "task": "apps.tasks.idempotency.remove_expired_keys",
        "schedule": crontab(minute=29),
    },
    "go on with imports": {
        "task": "apps.tasks.imports.do_imports_that_stand_still",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "recount what is taken": {
        "task": "apps.tasks.limits.count_drift",
        "schedule": crontab(hour=3, minute=53),
    },
    "remove old imports": {
        "task": "apps.tasks.imports.remove_old_imports",
        "schedule": crontab(hour=3, minute=41),
    },
}
