"""ToGo's only Django app, whose label `togo` names the tables; and its version of Django's admin."""

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class ToGoConfig(AppConfig):
    """Connects what Django doesn't find by itself: the jobs that listen to services, and the system checks."""

    name = "apps"
    label = "togo"
    verbose_name = "ToGo"

    def ready(self) -> None:
        """Connect the jobs to the services' signals, and sessions to Django's; register the checks."""
        from django.db.backends.signals import connection_created

        from apps import checks, tasks  # noqa: F401
        from apps.models.database_sessions import prepare_session

        connection_created.connect(prepare_session)


class AdminSite(admin.AdminSite):
    """The admin pages."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is an admin. Nobody is led to a form to sign in who is signed in already.

        Raises `PermissionDenied` for a signed-in person who is no admin.
        """
        if super().has_permission(request):
            return True
        if request.user.is_authenticated:
            raise PermissionDenied("The admin pages are for admins.")
        return False


class ToGoAdminConfig(AdminConfig):
    """Makes `admin.site` that of ToGo."""

    default_site = "apps.apps.AdminSite"
