"""The one Django app; its label, `togo`, names the tables."""

from django.apps import AppConfig


class ToGoConfig(AppConfig):
    """Wires what Django can't find by itself: jobs that listen to services, and system checks."""

    name = "apps"
    label = "togo"
    verbose_name = "ToGo"

    def ready(self) -> None:
        """Connect the jobs to the signals of the services, and register the checks."""
        from apps import checks, tasks  # noqa: F401
