"""The one Django app; its label, `togo`, names the tables."""

from django.apps import AppConfig


class ToGoConfig(AppConfig):
    """Wires what Django can't find by itself: jobs that listen to services, and system checks."""

    name = "apps"
    label = "togo"
    verbose_name = "ToGo"

    def ready(self) -> None:
        """Connect the jobs to the services' signals, and sessions to Django's; register the checks."""
        from django.db.backends.signals import connection_created

        from apps import checks, tasks  # noqa: F401
        from apps.models.database_sessions import prepare_session

        connection_created.connect(prepare_session)
